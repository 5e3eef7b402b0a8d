import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'store/index': 'src/store/index.ts' },
  format: 'esm',
  target: 'node22',
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
