import type { PluginManifest } from '@kb-labs/contracts';
import { permissionSpecSchema } from '@kb-labs/permissions';
import { z } from 'zod';
import { HANDLER_REFERENCE_PATTERN } from './handler-reference.js';
import { MAX_RANGE } from './plugin-id.js';
import { pluginIdentityShape } from './plugin-identity.js';

const HANDLER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;
const CONTENT_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w!#$&^.+-]+=[\w!#$&^.+"-]+)*$/u;
const PLAIN_LINE = /^[^\p{Cc}]*$/u;

const reference = z
  .string()
  .max(1024)
  .regex(HANDLER_REFERENCE_PATTERN, 'write ./file.js#export, relative to the plugin root')
  .meta({ description: 'A module below the plugin root and one of its exports: ./file.js#export' });

const handler = z
  .strictObject({
    handler: reference,
    input: reference.exactOptional().meta({ description: 'A Standard Schema for the input; it runs in the sandbox.' }),
    output: reference
      .exactOptional()
      .meta({ description: 'A Standard Schema for the output; it runs in the sandbox.' }),
    description: z.string().max(4096).exactOptional(),
  })
  .meta({ description: 'A function of the plugin: (input, ctx) => output' });

const version = z.string().min(1).max(MAX_RANGE);

const artifact = z
  .strictObject({
    name: z.string().regex(HANDLER_NAME, 'use letters, digits, dots, dashes and underscores'),
    pathTemplate: z.string().min(1).max(1024).regex(PLAIN_LINE, 'control characters are not accepted'),
    from: z.string().max(1024).regex(JSON_POINTER, 'write a JSON pointer, such as /report').exactOptional(),
    contentType: z.string().max(256).regex(CONTENT_TYPE, 'write a media type, such as text/markdown').exactOptional(),
    schema: reference.exactOptional().meta({ description: 'A Standard Schema for this part; it runs in the sandbox.' }),
    version: version.exactOptional().meta({ description: 'Semantic version of what the artifact says.' }),
    schemaVersion: version.exactOptional().meta({ description: 'Semantic version of its form.' }),
    ttlMs: z.int().positive().exactOptional().meta({ description: 'Milliseconds after which it is gone.' }),
    optional: z.boolean().exactOptional(),
    maxBytes: z.int().positive().exactOptional(),
  })
  .meta({ description: 'A part of the output that is stored under a name.' });

/** A manifest as it stands in a file: editors find the schema by `$schema`, which says nothing about the plugin. */
export interface ManifestDocument extends PluginManifest {
  readonly $schema?: string;
}

/** The shape of `kb.plugin/1`. Every unknown key is an error. */
export const manifestSchema: z.ZodType<ManifestDocument> = z
  .strictObject({
    $schema: z.string().max(1024).exactOptional().meta({ description: 'Where editors find this schema.' }),
    schema: z.literal('kb.plugin/1'),
    ...pluginIdentityShape,
    displayName: z.string().max(256).regex(PLAIN_LINE, 'control characters are not accepted').exactOptional(),
    description: z.string().max(4096).exactOptional(),
    engines: z.strictObject({
      runtime: z.string().min(1).max(MAX_RANGE).meta({ description: 'Versions of the runtime it works with: ^1.0.0' }),
    }),
    handlers: z.record(z.string().regex(HANDLER_NAME, 'use letters, digits, dots, dashes and underscores'), handler),
    capabilities: z.array(z.string().min(1).max(256)).max(256).exactOptional(),
    permissions: permissionSpecSchema.exactOptional(),
    artifacts: z.array(artifact).max(64).exactOptional(),
    reentrant: z
      .boolean()
      .exactOptional()
      .meta({ description: 'Whether several runs may be under way in one process.' }),
  })
  .meta({ title: 'kb.plugin/1', description: 'What a plugin says of itself, and what it asks for.' });
