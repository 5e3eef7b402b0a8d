// Writes the JSON Schema of a manifest to the file that editors get and the package is built with: `pnpm run schema`.
import { writeFile } from 'node:fs/promises';
import { describeManifest } from './describe-manifest.js';

await writeFile('schema/kb.plugin-1.json', `${JSON.stringify(describeManifest(), undefined, 2)}\n`);
