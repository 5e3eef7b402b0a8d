// Writes `dist/index.js`, after tsup has built `src/index.ts` as `dist/eager.js`: a part of `pnpm run build`.
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { lateEntry } from './late-entry.ts';

const source = await readFile('src/index.ts', 'utf8');
const eager: object = await import(new URL('../dist/eager.js', import.meta.url).href);
await build({
  stdin: { contents: lateEntry(source, eager), resolveDir: 'src', sourcefile: 'late-entry.js' },
  outfile: 'dist/index.js',
  bundle: true,
  external: ['@kb-labs/*'],
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  logLevel: 'warning',
});
