import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refusal } from '@kb-labs/sandbox/guest';

/** What computes and reaches nothing. All else of Node is refused, what later versions bring as well. */
const ALLOWED: ReadonlySet<string> = new Set([
  'assert',
  'assert/strict',
  'async_hooks',
  'buffer',
  'console',
  'constants',
  'crypto',
  'diagnostics_channel',
  'events',
  'module',
  'os',
  'path',
  'path/posix',
  'path/win32',
  'perf_hooks',
  'process',
  'punycode',
  'querystring',
  'readline',
  'readline/promises',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'sys',
  'timers',
  'timers/promises',
  'tty',
  'url',
  'util',
  'util/types',
  'v8',
  'vm',
  'zlib',
]);

const IN_PLACE_OF: Readonly<Record<string, string>> = {
  fs: '; for files there is ctx.fs, which "fs.read" and "fs.write" bring',
  http: '; for the network there is ctx.fetch, which "net.fetch" brings',
  https: '; for the network there is ctx.fetch, which "net.fetch" brings',
  child_process: '; for commands there is ctx.shell, which "shell.run" brings',
};

/** Lets a plugin load its own modules and those of Node that reach nothing; `onResolved` hears what each import means. A named import of what was taken from the others is gone as well. */
export function guardModules(roots: readonly string[], onResolved: (url: string) => void): void {
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const value = (name: string): unknown => {
    assertAllowed(String(name));
    return getBuiltinModule(name);
  };
  Object.defineProperty(process, 'getBuiltinModule', { value, configurable: false, writable: false, enumerable: true });
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier.startsWith('node:')) assertAllowed(specifier);
      const resolved = nextResolve(specifier, context);
      if (resolved.url.startsWith('node:')) assertAllowed(resolved.url);
      else if (resolved.url.startsWith('file:')) assertInside(specifier, fileURLToPath(resolved.url), roots);
      onResolved(resolved.url);
      return resolved;
    },
  });
  syncBuiltinESMExports();
}

function assertAllowed(specifier: string): void {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  if (ALLOWED.has(name)) return;
  throw refusal(`the module "${specifier}" is not available in a thread${IN_PLACE_OF[name] ?? ''}`);
}

/** The file itself is not named: a link of the plugin's may lead anywhere, and where it leads is the host's. */
function assertInside(specifier: string, file: string, roots: readonly string[]): void {
  if (roots.some((root) => file.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))) return;
  const named = isAbsolute(specifier) || specifier.startsWith('file:') ? '' : ` "${specifier}"`;
  throw refusal(`the module${named} is outside the plugin's folder`);
}
