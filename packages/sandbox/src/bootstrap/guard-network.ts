import type { registerHooks } from 'node:module';

const NETWORK_MODULES: ReadonlySet<string> = new Set([
  'net',
  'tls',
  'dgram',
  'dns',
  'dns/promises',
  'http',
  'https',
  'http2',
  'inspector',
  'inspector/promises',
  'cluster',
  'quic',
]);
const NETWORK_GLOBALS = ['WebSocket', 'EventSource', 'XMLHttpRequest'];

export interface NetworkGuardOptions {
  /** What takes the place of the global `fetch`; without it there is none. */
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly registerHooks: typeof registerHooks;
}

/**
 * Puts the gated `fetch` in place of Node's, and keeps the network modules from being loaded. From Node 25 on, `--permission` refuses
 * the network by itself; before, this guard is all there is without an OS wall.
 */
export function guardNetwork(options: NetworkGuardOptions): void {
  setGlobal('fetch', options.fetch);
  for (const name of NETWORK_GLOBALS) setGlobal(name, undefined);
  guardBuiltins();
  options.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (isNetworkModule(specifier)) throw refusal(specifier);
      return nextResolve(specifier, context);
    },
  });
}

function guardBuiltins(): void {
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const value = (name: string): unknown => {
    if (isNetworkModule(String(name))) throw refusal(String(name));
    return getBuiltinModule(name);
  };
  Object.defineProperty(process, 'getBuiltinModule', { value, configurable: false, writable: false, enumerable: true });
}

function isNetworkModule(specifier: string): boolean {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  // The insides of http and tls are modules as well: `_http_agent`, `_tls_wrap`.
  return NETWORK_MODULES.has(name) || /^_(http|tls)_/.test(name);
}

function refusal(specifier: string): Error {
  const message = `the module "${specifier}" is not available in a sandbox: use ctx.fetch, which brings "net.fetch"`;
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' });
}

function setGlobal(name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(globalThis, name);
  else Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
}
