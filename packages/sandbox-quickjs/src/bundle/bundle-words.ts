/** What the host asks of the thread that bundles. */
export type BundleRequest =
  | {
      readonly kind: 'bundle';
      readonly id: number;
      /** Real path of the plugin's folder. */
      readonly root: string;
      /** Real paths inside it, each by the name under which the module exports it. */
      readonly files: Readonly<Record<string, string>>;
      readonly maxSourceBytes: number;
    }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Starts what has to be started, before there is anything to do. */
  | { readonly kind: 'warm-up' }
  /** Ends the process of esbuild, and then the thread. */
  | { readonly kind: 'end' };

/** One module and its source map (empty where that is too large), or why there is none. */
export type BundleReply =
  | { readonly id: number; readonly ok: true; readonly source: string; readonly map: string }
  | ({ readonly id: number; readonly ok: false } & BundleFailure);

/** What is not there: a file, a package, or a module of Node. */
export type Missing = 'missing' | 'package' | 'node';

/** What to do about it. */
export const HINTS: Readonly<Record<Missing, string>> = {
  missing: 'keep what a handler imports in its own folder',
  package: "bundle the package into the handler, or install it into the plugin's own folder",
  node: 'use ctx.* instead, or the fork sandbox',
};

/** `missing` and the like: something that it imports is not in the plugin. `syntax`: it is no JavaScript. `stopped`: the bundler itself ended. */
export interface BundleFailure {
  readonly kind: Missing | 'syntax' | 'stopped' | 'too-large';
  readonly message: string;
  /** `./file.js:1:2`, where there is one. */
  readonly at: string | undefined;
}
