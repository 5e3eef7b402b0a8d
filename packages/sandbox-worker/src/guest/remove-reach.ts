import { format } from 'node:util';
import { refuse } from '@kb-labs/sandbox/guest';

/** They reach into the network, to the disk, or to whoever else lives in the process. */
const GLOBALS = ['WebSocket', 'EventSource', 'XMLHttpRequest', 'BroadcastChannel', 'localStorage', 'sessionStorage'];

/** By module: functions that act on the whole process, on other processes, or on files, in modules that are of use otherwise. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  v8: [
    'setFlagsFromString',
    'setHeapSnapshotNearHeapLimit',
    'startupSnapshot',
    'stopCoverage',
    'takeCoverage',
    'writeHeapSnapshot',
  ],
  os: ['setPriority'],
  crypto: ['setEngine', 'setFips'],
  tty: ['ReadStream', 'WriteStream'],
  // Hooks of the plugin's own could undo the guard; `register` starts a thread besides.
  module: ['enableCompileCache', 'flushCompileCache', 'register', 'registerHooks'],
};

/** Of `process`: signals, native code, files, and the handles of the channel. Node itself refuses `abort` and `chdir`. */
const PROCESS = [
  '_debugEnd',
  '_debugProcess',
  '_getActiveHandles',
  '_getActiveRequests',
  '_kill',
  '_linkedBinding',
  'binding',
  'dlopen',
  'execve',
  'kill',
  'loadEnvFile',
];

/** Takes from the thread what reaches beyond it, and puts the gated `fetch` (or nothing) in place of Node's. A guard: it means to stop accidents. */
export function removeReach(fetch: typeof globalThis.fetch | undefined): void {
  setGlobal('fetch', fetch);
  for (const name of GLOBALS) setGlobal(name, undefined);
  // Locks are shared by all threads of a process.
  if ('navigator' in globalThis) Reflect.deleteProperty(Object.getPrototypeOf(navigator) as object, 'locks');
  for (const [module, names] of Object.entries(FUNCTIONS)) {
    const exported = process.getBuiltinModule(module);
    if (exported !== undefined) refuseAll(exported, names, module);
  }
  refuseAll(process, PROCESS, 'process');
  // Node's own writes to the host's descriptor.
  const writeLine = (...words: unknown[]): boolean => process.stderr.write(`${format(...words)}\n`);
  Object.defineProperty(process, '_rawDebug', { value: writeLine, configurable: false, writable: false });
  // It holds the host's variables and command line, and its settings are the process's.
  Object.defineProperty(process, 'report', { value: undefined, configurable: false, enumerable: true });
}

function refuseAll(target: object, names: readonly string[], of: string): void {
  for (const name of names) {
    if (name in target) refuse(target, name, `${of}.${name}`);
  }
}

function setGlobal(name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(globalThis, name);
  else Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
}
