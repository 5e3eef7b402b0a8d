import { defineConfig } from 'tsup';

export default defineConfig({
  // All names at once, and each file that has some of them: `scripts/write-entry.ts` makes the entry that loads those late.
  entry: {
    eager: 'src/index.ts',
    context: 'src/context.ts',
    defaults: 'src/defaults.ts',
    'embedded/replay': 'src/embedded/replay.ts',
    'embedded/write-artifact': 'src/embedded/write-artifact.ts',
  },
  format: 'esm',
  target: 'node22',
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
