import { z } from 'zod';
import { manifestSchema } from '../src/manifest-schema.js';

/** The JSON Schema (draft 7) of `kb.plugin/1`, out of the schema that the parser uses. */
export function describeManifest(): unknown {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { target: 'draft-7', io: 'input' });
  // A JSON Schema is JSON; the way through text drops the library's own hidden fields.
  return JSON.parse(JSON.stringify({ $schema, $id: 'urn:kb-labs:kb.plugin:1', ...schema }));
}
