import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';
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
const getBuiltinModule = process.getBuiltinModule.bind(process);
const NETWORK_GLOBALS = ['WebSocket', 'EventSource', 'XMLHttpRequest'];

/**
 * Puts the gated `fetch` (or nothing) in place of Node's, and keeps the network from being used: its modules cannot be loaded, and the
 * socket class that is loaded already, for the channel, neither connects nor listens. From Node 25 on `--permission` refuses the network
 * by itself; before, this guard is all there is without an OS wall. Hooks of the plugin's own could undo it, so there are none. `onResolved` is
 * told of each module that is about to be loaded.
 */
export function guardNetwork(fetch: typeof globalThis.fetch | undefined, onResolved: (url: string) => void): void {
  setGlobal('fetch', fetch);
  for (const name of NETWORK_GLOBALS) setGlobal(name, undefined);
  refuse(Socket.prototype, 'connect', 'connecting a socket');
  refuse(Server.prototype, 'listen', 'listening');
  const Module = process.getBuiltinModule('node:module');
  guardBuiltins();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      BEFORE_LOAD[specifier]?.(specifier);
      const found = nextResolve(specifier, context);
      // The `imports` of a package give built-in modules other names: `#net`.
      BEFORE_LOAD[found.url]?.(specifier);
      onResolved(found.url);
      return found;
    },
  });
  for (const name of ['registerHooks', 'register'] as const) refuse(Module, name, `module.${name}`);
  // Named imports of a module that is loaded already would still hold what was taken away.
  syncBuiltinESMExports();
}

const HANDLE_METHODS = ['bind', 'listen', 'connect', 'connect2', 'fchmod'];

/**
 * Any socket that is open shows the class of its handle, and with that class Unix sockets can be made. The channel is connected already,
 * so nobody needs what makes them.
 */
export function guardHandles(channel: Socket): void {
  const handle: unknown = Reflect.get(channel, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const prototype: object = Object.getPrototypeOf(handle);
  for (const name of HANDLE_METHODS) {
    if (name in prototype) refuse(prototype, name, `${name} of a socket's handle`);
  }
}

function guardBuiltins(): void {
  const value = (name: string): unknown => {
    const asked = String(name);
    BEFORE_LOAD[asked]?.(asked);
    return getBuiltinModule(asked);
  };
  Object.defineProperty(process, 'getBuiltinModule', { value, configurable: false, writable: false, enumerable: true });
}

type BeforeLoad = (specifier: string) => void;

/** What must happen before a module is loaded. The runner of `test` loads `child_process` by itself. */
const BEFORE_LOAD: Readonly<Record<string, BeforeLoad>> = withAndWithoutScheme([
  ...REFUSED_MODULES.map((name) => [name, refuseModule] as const),
  ['child_process', guardChildren],
  ['test', guardChildren],
  ['v8', guardV8],
  ['os', guardOs],
  ['fs/promises', () => void getBuiltinModule('node:fs').promises],
]);

// Looked up by name alone, without a prefix to cut off or a set to ask: a plugin can replace all methods that would do it.
function withAndWithoutScheme(
  entries: readonly (readonly [string, BeforeLoad])[],
): Readonly<Record<string, BeforeLoad>> {
  const both = entries.flatMap(([name, entry]) => [[name, entry] as const, [`node:${name}`, entry] as const]);
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(both)));
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
