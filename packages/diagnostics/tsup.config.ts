import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'opentelemetry/index': 'src/opentelemetry/index.ts' },
  format: 'esm',
  target: 'node22',
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
