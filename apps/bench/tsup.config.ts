import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/main.ts', 'src/bench-process.ts', 'src/loop-host.ts'],
  format: 'esm',
  target: 'node22',
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
});
