import type { JsonObject } from '@kb-labs/contracts';
import schemaFile from '../schema/kb.plugin-1.json' with { type: 'json' };
import { deepFreeze } from './freeze.js';

/** The JSON Schema (draft 7) of `kb.plugin/1`, for editors. Also a file: `@kb-labs/plugin-runtime/manifest.schema.json`. */
export const manifestJsonSchema: JsonObject = deepFreeze(schemaFile);
