import Module, { createRequire } from 'node:module';
import { tryAll } from './attempts.js';

const require = createRequire(import.meta.url);
const builtin = (name) => process.getBuiltinModule(name);
const names = (value) => Object.keys(value).join();
const BINDINGS = [
  'fs',
  'spawn_sync',
  'tcp_wrap',
  'process_wrap',
  'util',
  'natives',
  'contextify',
  'inspector',
  'config',
];

export const bindings = () =>
  tryAll({
    ...Object.fromEntries(BINDINGS.map((name) => [`binding ${name}`, () => names(process.binding(name))])),
    'a binding by another this': () => names(Reflect.apply(process.binding, { permission: undefined }, ['fs'])),
    'a linked binding': () => names(process._linkedBinding('fs')),
    'an internal module': () => names(require('internal/test/binding')),
    'an internal module by its loader': () => names(Module._load('internal/bootstrap/realm', null, true)),
    'an internal module by a compiled one': () => {
      const made = new Module('made');
      made.paths = [];
      made._compile("module.exports = require('internal/test/binding')", import.meta.filename.replace('.js', '.cjs'));
      return names(made.exports);
    },
  });

/** What the frames of Node's own functions show: a function or a `this` of theirs would lead to the loader of bindings. */
export function frames() {
  const seen = [];
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  Error.prepareStackTrace = (_, sites) => {
    for (const site of sites) {
      if (!site.getFileName()?.startsWith('file:') || site.getFileName().endsWith('bootstrap.js'))
        seen.push(typeof site.getFunction(), typeof site.getThis());
    }
    return '';
  };
  const look = () => void new Error('look').stack;
  [1].map(look);
  try {
    require('./not-there.cjs');
  } catch (error) {
    void error.stack;
  }
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return [...new Set(seen)];
}

export const addons = ({ file }) =>
  tryAll({
    dlopen: () => process.dlopen({ exports: {} }, file),
    'dlopen with flags': () => process.dlopen({ exports: {} }, file, builtin('os').constants.dlopen.RTLD_NOW),
    require: () => require(file),
    'Module._extensions': () => Module._extensions['.node'](new Module('addon'), file),
    'Module.prototype.load': () => new Module('addon').load(file),
    import: () => import(file),
  });

const host = () => process.ppid;

/** Signals for each row of the corpus: to the host, to its inspector, to everybody, to itself. */
const SIGNALS = {
  E04: {
    kill: (to) => process.kill(to, 'SIGKILL'),
    'kill with a number as text': (to) => process.kill(String(to), 9),
    _kill: (to) => process._kill(to, 9),
    'kill of the parent': () => process.kill(host(), 'SIGKILL'),
    'kill by another this': (to) => Reflect.apply(process.kill, { _kill: process._kill }, [to, 'SIGKILL']),
    'kill of a new context': (to) => builtin('vm').runInNewContext('guest.kill(to, 9)', { guest: process, to }),
    'a priority': (to) => builtin('os').setPriority(to, 19),
  },
  E05: {
    kill: (to) => process.kill(to, 'SIGUSR1'),
    _kill: (to) => process._kill(to, builtin('os').constants.signals.SIGUSR1),
    _debugProcess: (to) => process._debugProcess(to),
    inspector: () => names(require('node:inspector')),
    'inspector by another name': async () => names(await import('#inspector')),
  },
  E07: {
    everybody: () => process.kill(-1, 9),
    'everybody by _kill': () => process._kill(-1, 9),
    'its own group': () => process.kill(0, 9),
    'whoever is in /proc': () => {
      const found = builtin('fs')
        .readdirSync('/proc')
        .filter((name) => /^[0-9]+$/.test(name));
      for (const name of found) process.kill(Number(name), 9);
    },
  },
  E08: { itself: () => process.kill(process.pid, 'SIGSTOP'), 'its group': () => process.kill(0, 'SIGSTOP') },
};

export const signals = ({ row, to }) =>
  tryAll(Object.fromEntries(Object.entries(SIGNALS[row]).map(([name, send]) => [name, () => send(to)])));

/**
 * The handle of a child that was never started holds whatever number its memory held before: filled with the host's, `kill` goes there.
 * Signal 28 (SIGWINCH) does no harm to a process that does not listen.
 */
export const wildHandles = async ({ host, signal }) => {
  const spray = () => {
    for (let size = 64; size <= 512; size += 8) for (let n = 0; n < 50; n += 1) new Uint32Array(size / 4).fill(host);
  };
  const made = [];
  const signalAll = async (load) => {
    const { ChildProcess } = await load();
    for (let round = 0; round < 20; round += 1) {
      spray();
      const children = Array.from({ length: 100 }, () => new ChildProcess());
      made.push(...children);
      for (const child of children) child._handle.kill(signal);
    }
    return 'through';
  };
  const byHook = async () => {
    const { createHook } = builtin('async_hooks');
    const handles = [];
    const hook = createHook({ init: (_, type, __, handle) => type === 'PROCESSWRAP' && handles.push(handle) }).enable();
    const { run } = await import('node:test');
    for await (const event of run({ files: [import.meta.filename], isolation: 'process' })) void event;
    hook.disable();
    for (const handle of handles) handle.kill(signal);
    return `${handles.length} handles`;
  };
  return await tryAll({
    import: () => signalAll(() => import('node:child_process')),
    require: () => signalAll(() => require('node:child_process')),
    getBuiltinModule: () => signalAll(() => builtin('node:child_process')),
    'another name': () => signalAll(() => import('#child_process')),
    'hooks of the test runner': byHook,
  });
};

export const identities = () =>
  tryAll({
    setuid: () => process.setuid(1),
    seteuid: () => process.seteuid(1),
    setgid: () => process.setgid(1),
    setegid: () => process.setegid(1),
    setgroups: () => process.setgroups([1]),
    initgroups: () => process.initgroups('daemon', 1),
  });

export const execs = () =>
  tryAll({
    execve: () => process.execve('/bin/sh', ['sh', '-c', 'exit 0'], {}),
    'execve of node': () => process.execve(process.execPath, [process.execPath, '-e', '0'], {}),
    'execve from a new context': () =>
      builtin('vm').runInNewContext("host.execve('/bin/sh', ['sh'], {})", { host: process }),
  });

export const flags = () =>
  tryAll({
    setFlagsFromString: () => builtin('v8').setFlagsFromString('--allow-natives-syntax'),
    'setFlagsFromString by import': async () => (await import('node:v8')).setFlagsFromString('--allow-natives-syntax'),
    'setFlagsFromString once deleted': () => {
      delete builtin('v8').setFlagsFromString;
      return builtin('v8').setFlagsFromString('--allow-natives-syntax');
    },
    natives: () => new Function('return %HeapObjectVerify({})')(),
    'natives in another context': () => builtin('vm').runInNewContext('%DebugPrint(1)'),
  });

export const ends = {
  abort: () => process.abort(),
  reallyExit: () => process.reallyExit(0),
  exit: () => process.exit(0),
};

export const endsBy = async ({ way }) => {
  ends[way]();
  return 'it went on';
};

/** Stays deaf to every signal that has ears, and spins. */
export function deaf() {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) process.on(name, () => undefined);
  for (;;);
}

export const waits = ({ ms }) => new Promise((resolve) => setTimeout(() => resolve('waited'), ms));

export const pid = () => process.pid;
