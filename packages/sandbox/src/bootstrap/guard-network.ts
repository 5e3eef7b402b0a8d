import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';
import { refuse, refusal } from './refuse.js';

const REFUSED_MODULES: ReadonlySet<string> = new Set([
  'net',
  'tls',
  'dgram',
  'dns',
  'dns/promises',
  'http',
  'https',
  'http2',
  'quic',
  'inspector',
  'inspector/promises',
  'cluster',
  // Writes a file beside the plugin's code on Node 22, whatever the permission model says.
  'trace_events',
]);
const NETWORK_GLOBALS = ['WebSocket', 'EventSource', 'XMLHttpRequest'];

/**
 * Puts the gated `fetch` (or nothing) in place of Node's, and keeps the network from being used: its modules cannot be loaded, and the
 * socket class that is loaded already, for the channel, neither connects nor listens. From Node 25 on `--permission` refuses the network
 * by itself; before, this guard is all there is without an OS wall. Hooks of the plugin's own could undo it, so there are none.
 */
export function guardNetwork(fetch: typeof globalThis.fetch | undefined): void {
  setGlobal('fetch', fetch);
  for (const name of NETWORK_GLOBALS) setGlobal(name, undefined);
  refuse(Socket.prototype, 'connect', 'connecting a socket');
  refuse(Server.prototype, 'listen', 'listening');
  const Module = process.getBuiltinModule('node:module');
  guardBuiltins();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (isRefused(specifier)) throw refusedModule(specifier);
      return nextResolve(specifier, context);
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
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const value = (name: string): unknown => {
    if (isRefused(String(name))) throw refusedModule(String(name));
    return getBuiltinModule(name);
  };
  Object.defineProperty(process, 'getBuiltinModule', { value, configurable: false, writable: false, enumerable: true });
}

function isRefused(specifier: string): boolean {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  // The insides of http and tls are modules as well: `_http_agent`, `_tls_wrap`.
  return REFUSED_MODULES.has(name) || /^_(http|tls)_/.test(name);
}

function refusedModule(specifier: string): Error {
  return refusal(
    `the module "${specifier}" is not available in a sandbox; for the network there is ctx.fetch, which "net.fetch" brings`,
  );
}

function setGlobal(name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(globalThis, name);
  else Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
}
