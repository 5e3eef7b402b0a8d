import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node22',
  // Its one entry loads twenty files, of which three are used.
  noExternal: ['uuid'],
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
