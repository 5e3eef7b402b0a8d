import { builtinModules, registerHooks, syncBuiltinESMExports } from 'node:module';
import { guardChildren } from './guard-children.js';
import { guardOs, guardV8 } from './guard-late-modules.js';
import { refuse, refusal } from './refuse.js';

const REFUSED_MODULES = [
  ['net', 'tls', 'dgram', 'dns', 'dns/promises', 'http', 'https', 'http2', 'quic'],
  // The insides of http and tls are modules as well.
  ['_http_agent', '_http_client', '_http_common', '_http_incoming', '_http_outgoing', '_http_server', '_tls_common'],
  ['_tls_wrap', 'inspector', 'inspector/promises', 'cluster', 'ffi'],
  // Writes a file beside the plugin's code on Node 22, whatever the permission model says.
  ['trace_events'],
].flat();
const { apply } = Reflect;
const getBuiltinModule = process.getBuiltinModule.bind(process);
const NETWORK_GLOBALS = ['WebSocket', 'EventSource', 'XMLHttpRequest'];

/** What a plugin may load before the sockets are guarded: none of it loads one, nor shows one that is made. */
const QUIET_MODULES: ReadonlySet<string> = new Set(
  [
    [
      'assert',
      'assert/strict',
      'buffer',
      'console',
      'constants',
      'crypto',
      'events',
      'fs',
      'fs/promises',
      'module',
      'os',
    ],
    [
      'path',
      'path/posix',
      'path/win32',
      'perf_hooks',
      'process',
      'punycode',
      'querystring',
      'stream',
      'stream/promises',
    ],
    ['string_decoder', 'timers', 'timers/promises', 'url', 'util', 'util/types', 'v8', 'zlib'],
  ].flat(),
);

/** What the guards of modules call. */
export interface ModuleGuards {
  /** Makes and guards the only socket that there is. Called before a plugin loads what could make or show another one. */
  readonly guardSockets: () => void;
  /** Told the URL of each module that is about to be loaded. */
  readonly onResolved: (url: string) => void;
}

/** Puts the gated `fetch` (or nothing) in place of Node's, and takes the other globals of the network away. */
export function guardGlobals(fetch: typeof globalThis.fetch | undefined): void {
  setGlobal('fetch', fetch);
  for (const name of NETWORK_GLOBALS) setGlobal(name, undefined);
}

/**
 * Keeps the network from being used: its modules cannot be loaded. From Node 25 on `--permission` refuses the network by itself; before, this
 * and the guard of the sockets are all there is without an OS wall. Hooks of the plugin's own could undo it, so there are none.
 */
export function guardModules({ guardSockets, onResolved }: ModuleGuards): void {
  const beforeLoad = makeTable(guardSockets);
  const Module = process.getBuiltinModule('node:module');
  guardBuiltins(beforeLoad);
  guardStdin(guardSockets);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      beforeLoad[specifier]?.(specifier);
      const found = nextResolve(specifier, context);
      // The `imports` of a package give built-in modules other names: `#net`.
      beforeLoad[found.url]?.(specifier);
      onResolved(found.url);
      return found;
    },
  });
  for (const name of ['registerHooks', 'register'] as const) refuse(Module, name, `module.${name}`);
  // Named imports of a module that is loaded already would still hold what was taken away.
  syncBuiltinESMExports();
}

function guardBuiltins(beforeLoad: BeforeLoadTable): void {
  const value = (name: string): unknown => {
    const asked = String(name);
    beforeLoad[asked]?.(asked);
    return getBuiltinModule(asked);
  };
  Object.defineProperty(process, 'getBuiltinModule', { value, configurable: false, writable: false, enumerable: true });
}

/** It is a socket, made when it is first asked for. */
function guardStdin(guardSockets: () => void): void {
  const make = Object.getOwnPropertyDescriptor(process, 'stdin')?.get;
  if (make === undefined) return;
  const get = (): unknown => {
    guardSockets();
    return apply(make, process, []);
  };
  Object.defineProperty(process, 'stdin', { get, configurable: true, enumerable: true });
}

type BeforeLoad = (specifier: string) => void;
type BeforeLoadTable = Readonly<Record<string, BeforeLoad>>;

/** What must happen before a module is loaded. The runner of `test` loads `child_process` by itself. */
function makeTable(guardSockets: () => void): BeforeLoadTable {
  const guardProcesses = (): void => {
    guardSockets();
    guardChildren();
  };
  // Looked up by name alone, without a prefix to cut off or a set to ask: a plugin can replace all methods that would do it.
  const table: Record<string, BeforeLoad> = Object.create(null);
  const put = (name: string, entry: BeforeLoad): void => {
    table[name] = entry;
    table[`node:${name}`] = entry;
  };
  for (const name of builtinModules) {
    const bare = name.startsWith('node:') ? name.slice('node:'.length) : name;
    if (!QUIET_MODULES.has(bare)) put(bare, guardSockets);
  }
  for (const name of REFUSED_MODULES) put(name, refuseModule);
  put('child_process', guardProcesses);
  put('test', guardProcesses);
  put('v8', guardV8);
  put('os', guardOs);
  put('fs/promises', () => void getBuiltinModule('node:fs').promises);
  return Object.freeze(table);
}

function refuseModule(specifier: string): never {
  throw refusal(
    `the module "${specifier}" is not available in a sandbox; for the network there is ctx.fetch, which "net.fetch" brings`,
  );
}

function setGlobal(name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(globalThis, name);
  else Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
}
