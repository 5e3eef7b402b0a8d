// Writes the JSON Schema of a manifest to the file that editors get: `pnpm run schema`, after a build.
import { writeFile } from 'node:fs/promises';
import { manifestJsonSchema } from '../dist/index.js';

await writeFile(
  new URL('../schema/kb.plugin-1.json', import.meta.url),
  `${JSON.stringify(manifestJsonSchema, undefined, 2)}\n`,
);
