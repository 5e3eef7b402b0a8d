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
  entry: { index: 'src/index.ts' },
  // Both builds write into one folder, at the same time.
  clean: ['!guest.js', '!guest.js.map'],
};

// A thread starts from one file that needs nothing but Node: each module in it would cost every cold start.
const guest: Options = {
  ...shared,
  entry: { guest: 'src/guest/main.ts' },
  splitting: false,
  // The names stay, for they stand in errors.
  esbuildOptions: (options) => {
    options.minifyWhitespace = true;
  },
  noExternal: [/^(?!node:)/],
};

export default defineConfig([library, guest]);
