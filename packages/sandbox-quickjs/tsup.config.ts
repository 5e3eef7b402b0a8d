import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

const shared: Options = {
  // The compiler writes the declarations, see tsconfig.build.json.
  dts: false,
  removeNodeProtocol: false,
  sourcemap: true,
  splitting: false,
};

/** The host's side, and the two threads that it starts, each a file of its own. */
const node: Options = {
  ...shared,
  entry: { index: 'src/index.ts', interpreter: 'src/interpreter/main.ts', bundler: 'src/bundle/bundler-thread.ts' },
  format: 'esm',
  target: 'node22',
  // All builds write into one folder, at the same time.
  clean: ['!guest.js', '!guest.js.map'],
};

/** The host's side of the wire asks Node for this and that. Nothing of it comes along: an import that nothing in the prelude uses is dropped. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup({ onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

/** Parts of the prelude that are kept as text until somebody needs them. */
const scriptsAsText: Plugin = {
  name: 'scripts-as-text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^kb:/ }, ({ path }) => ({ path: path.slice(3), namespace: 'text' }));
    onLoad({ filter: /.*/, namespace: 'text' }, async ({ path }) => {
      const { outputFiles } = await build({
        entryPoints: [`src/guest/${path}/main.ts`],
        bundle: true,
        write: false,
        minify: true,
        keepNames: true,
        format: 'iife',
        platform: 'neutral',
        mainFields: ['module', 'main'],
        target: 'es2023',
        legalComments: 'none',
      });
      return { contents: outputFiles[0]?.text ?? '', loader: 'text' };
    });
  },
};

/** What runs inside QuickJS: one script that needs nothing. The names stay, for they stand in errors. */
const guest: Options = {
  ...shared,
  entry: { guest: 'src/guest/main.ts' },
  format: 'iife',
  platform: 'neutral',
  target: 'es2023',
  outExtension: () => ({ js: '.js' }),
  noExternal: [/./],
  esbuildPlugins: [withoutNode, scriptsAsText],
  sourcemap: false,
  esbuildOptions: (options) => {
    options.minifyWhitespace = true;
  },
};

export default defineConfig([node, guest]);
