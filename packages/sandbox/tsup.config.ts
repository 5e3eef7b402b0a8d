import { existsSync } from 'node:fs';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

const shared: Options = {
  format: 'esm',
  target: 'node22',
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
};

const library: Options = {
  ...shared,
  entry: { index: 'src/index.ts', 'bootstrap/index': 'src/bootstrap/index.ts', 'wire/index': 'src/wire/index.ts' },
  // Both builds write into one folder, at the same time.
  clean: ['bootstrap', 'guest', 'spawner'].flatMap((name) => [`!${name}.cjs`, `!${name}.cjs.map`]),
};

// Each a process of its own, started from one file that needs nothing but Node: the guest's side can run where no node_modules can be read.
const processes: Options = {
  ...shared,
  entry: {
    bootstrap: 'src/bootstrap/main.ts',
    guest: 'src/bootstrap/start-guest.ts',
    spawner: 'src/spawner/main.ts',
  },
  // An ES module that imports a part of Node makes Node read all exports of that part, the late ones too: 3 ms more at every cold start.
  format: 'cjs',
  splitting: false,
  // Every cold start reads it. The names stay, for they stand in errors.
  esbuildOptions: (options) => {
    options.minifyWhitespace = true;
  },
  noExternal: [/^(?!node:)/],
};

export default defineConfig(existsSync('src/bootstrap/main.ts') ? [library, processes] : [library]);
