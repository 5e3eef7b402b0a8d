import Module, { createRequire } from 'node:module';
import { tryAll } from './attempts.js';

const require = createRequire(import.meta.url);
const builtin = (name) => process.getBuiltinModule(name);
const names = (value) => Object.keys(value).join();
const wide = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'];

export const threads = async () => {
  const { Worker } = await import('node:worker_threads');
  const code = "require('node:worker_threads').parentPort.postMessage(process.permission?.has('child'))";
  const first = (worker) =>
    new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject).on('exit', reject));
  return await tryAll({
    plain: () => first(new Worker(code, { eval: true })),
    'with all permissions': () => first(new Worker(code, { eval: true, execArgv: wide })),
    'without flags': () => first(new Worker(code, { eval: true, execArgv: [] })),
    'with flags in its environment': () =>
      first(new Worker(code, { eval: true, env: { NODE_OPTIONS: wide.join(' ') }, execArgv: [] })),
    'of a file': () => first(new Worker(new URL('./handlers.js', import.meta.url))),
    'of data': () => first(new Worker(new URL('data:text/javascript,0'))),
    'of the test runner': async () => {
      const { run } = await import('node:test');
      const told = [];
      for await (const event of run({ files: [import.meta.filename], isolation: 'process' })) told.push(event);
      const failed = told.find(({ type }) => type === 'test:fail');
      throw failed?.data.details.error.cause ?? failed?.data.details.error ?? new Error('nothing failed');
    },
  });
};

export const wasi = () => {
  const preopens = { '/': '/' };
  return tryAll({
    import: async () => names(new (await import('node:wasi')).WASI({ version: 'preview1', preopens })),
    require: () => names(new (require('node:wasi').WASI)({ version: 'unstable', preopens, args: [], env: {} })),
    subclass: () => {
      const { WASI } = builtin('wasi');
      return names(Reflect.construct(WASI, [{ version: 'preview1', preopens }], class extends WASI {}));
    },
  });
};

export const sqlite = ({ database }) => {
  const open = ({ DatabaseSync }) =>
    new DatabaseSync(database).exec(`ATTACH '${database}2' AS other; VACUUM INTO '${database}3'`);
  return tryAll({
    import: async () => open(await import('node:sqlite')),
    require: () => open(require('node:sqlite')),
    getBuiltinModule: () => open(builtin('node:sqlite')),
    'Module._load': () => open(Module._load('node:sqlite')),
    'web storage': () => localStorage.setItem('a', 'b'),
  });
};

export const ffi = () =>
  tryAll({
    import: async () => names((await import('node:ffi')).dlopen('libc.so.6', {})),
    require: () => names(require('node:ffi').dlopen(null, {})),
    getBuiltinModule: () => builtin('node:ffi').getUint8(4096n),
  });

export const crypto = ({ key }) => {
  const { createPrivateKey, createPublicKey, setEngine, createSign } = builtin('crypto');
  return tryAll({
    setEngine: () => setEngine('/tmp/engine.so'),
    'setEngine for all': () => setEngine('dynamic', builtin('crypto').constants.ENGINE_METHOD_ALL),
    'a private key by URI': () => createPrivateKey(`file:${key}`).type,
    'a private key by URL': () => createPrivateKey(new URL(`file://${key}`)).type,
    'a private key by a URL inside': () => createPrivateKey({ key: new URL(`file://${key}`), format: 'store' }).type,
    'a private key by URI and format': () => createPrivateKey({ key: `file:${key}`, format: 'store' }).type,
    'a public key by URI': () => createPublicKey({ key: `file:${key}`, format: 'pem' }).type,
    'a signature by URI': () => createSign('sha256').update('a').sign(`file:${key}`, 'hex'),
  });
};

/** Files that Node writes by itself, rather than by `fs`. Then the heap fills, and its end is told. */
export const writers = ({ folder }) => {
  const { report } = process;
  const v8 = builtin('v8');
  const file = (name) => `${folder}/${name}`;
  return tryAll({
    'a report': () => report.writeReport(file('report.json')),
    'the folder of reports': () => (report.directory = folder),
    'the name of reports': () => (report.filename = 'report-2.json'),
    'reports on fatal errors': () => (report.reportOnFatalError = true),
    'reports on signals': () => (report.reportOnSignal = true),
    'reports on exceptions': () => (report.reportOnUncaughtException = true),
    'a heap snapshot': () => v8.writeHeapSnapshot(file('heap.heapsnapshot')),
    'a heap snapshot at the limit': () => v8.setHeapSnapshotNearHeapLimit(1),
    'a trace': async () => (await import('node:trace_events')).createTracing({ categories: ['node'] }).enable(),
    'a history of the REPL': async () => {
      const { start } = await import('node:repl');
      const { PassThrough } = builtin('stream');
      const repl = start({ input: new PassThrough(), output: new PassThrough() });
      await new Promise((resolve) => repl.setupHistory(file('history'), resolve));
      const found = repl.historyIndex === undefined || repl.history === undefined ? 'none' : 'in memory';
      throw Object.assign(new Error(), { code: found });
    },
    'a directory for coverage': () => {
      process.env.NODE_V8_COVERAGE = folder;
      v8.takeCoverage();
      throw Object.assign(new Error(), { code: 'nothing' });
    },
    'a compile cache': async () => {
      const { status, message } = Module.enableCompileCache(file('cache'));
      await import('./circle.js');
      Module.flushCompileCache?.();
      if (/Skipping|not granted/.test(message ?? '')) throw Object.assign(new Error(), { code: 'skipped' });
      return status;
    },
  });
};

/** Fills the heap at once, so that no look from outside comes between, after it has asked for files about it where it may. */
export const fillsHeap = async ({ folder }) => {
  await writers({ folder });
  const kept = [];
  for (;;) kept.push(Array.from({ length: 4_000_000 }, () => kept.length));
};

/** Times, modes and owners of a file of its own, which it may only read. */
export const changes = async ({ file }) => {
  const fs = builtin('fs');
  const { open } = await import('node:fs/promises');
  const fd = fs.openSync(file, 'r');
  const handles = [await open(file, 'r'), await fs.promises.open(file), await require('node:fs').promises.open(file)];
  const by =
    (name, ...args) =>
    async () => {
      for (const handle of handles) await handle[name](...args);
    };
  return await tryAll({
    futimesSync: () => fs.futimesSync(fd, 1, 1),
    futimes: () =>
      new Promise((resolve, reject) => fs.futimes(fd, 1, 1, (error) => (error ? reject(error) : resolve()))),
    fchmodSync: () => fs.fchmodSync(fd, 0o777),
    fchownSync: () => fs.fchownSync(fd, 1, 1),
    utimesSync: () => fs.utimesSync(file, 1, 1),
    lutimesSync: () => fs.lutimesSync(file, 1, 1),
    chmodSync: () => fs.chmodSync(file, 0o777),
    chownSync: () => fs.chownSync(file, 1, 1),
    lchownSync: () => fs.lchownSync(file, 1, 1),
    'utimes of a handle': by('utimes', 1, 1),
    'chmod of a handle': by('chmod', 0o777),
    'chown of a handle': by('chown', 1, 1),
    'chmod of the class of handles': () => Object.getPrototypeOf(handles[0]).chmod.call(handles[0], 0o777),
    'truncate of a handle': by('truncate', 0),
    'the promise of a handle, seen before': async () => {
      const seen = [];
      const { then } = Promise.prototype;
      const before = Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor');
      const { prototype } = Promise;
      Object.defineProperty(prototype, 'constructor', {
        configurable: true,
        get() {
          seen.push(this);
          return Promise;
        },
      });
      const handle = await open(file);
      Object.defineProperty(prototype, 'constructor', before);
      for (const promise of seen) {
        const got = await Promise.race([Reflect.apply(then, promise, [(value) => value]), undefined]);
        if (typeof got?.chmod === 'function') await got.chmod(0o777);
      }
      return await handle.chmod(0o777);
    },
  });
};

/** Spoils the description by which the promise of the first handle gets its constructor, so that `await` shows it to a `then` of its own. */
export const changesFirst = async ({ file }) => {
  const { open } = await import('node:fs/promises');
  const [{ prototype }, all, method] = [Promise, Object.prototype, ['th', 'en'].join('')];
  const then = prototype[method];
  const changed = [];
  const change = (handle) => typeof handle?.chmod === 'function' && changed.push(handle.chmod(0o777));
  Object.defineProperty(all, 'enumerable', {
    configurable: true,
    get() {
      if (Object.hasOwn(this, 'value')) this.value = Boolean;
      return false;
    },
  });
  prototype[method] = function (...args) {
    Reflect.apply(then, this, [change, () => undefined]);
    return Reflect.apply(then, this, args);
  };
  const opening = open(file);
  delete all.enumerable;
  prototype[method] = then;
  await opening;
  return await tryAll({
    'the first handle': async () => {
      if (changed.length === 0) throw Object.assign(new Error(), { code: 'unseen' });
      await Promise.all(changed);
    },
  });
};

/** Takes the methods of handles from where one shows before the first was opened, and uses them on its own. */
export const changesByClass = async ({ file }) => {
  const { EventEmitter } = builtin('events');
  const fs = builtin('fs');
  const ways = {
    'a getter then': [Object.prototype, 'then', () => fs.promises.readFile(file)],
    'what is asked for its instances': [
      EventEmitter,
      Symbol.hasInstance,
      () => fs.createReadStream('', { fd: Object.create(null) }),
    ],
  };
  const seen = {};
  for (const [way, [target, name, use]] of Object.entries(ways)) {
    const get = function () {
      const methods = typeof this === 'function' ? this.prototype : this;
      if (typeof methods?.utimes !== 'function' || typeof methods.readFile !== 'function') return undefined;
      seen[way] ??= { chmod: methods.chmod, chown: methods.chown, utimes: methods.utimes };
      return undefined;
    };
    Object.defineProperty(target, name, { get, configurable: true });
    await tryAll({ use });
    delete target[name];
  }
  const handle = await fs.promises.open(file);
  const outcomes = {};
  for (const [way, { chmod, chown, utimes }] of Object.entries(seen))
    outcomes[way] = await tryAll({
      chmod: () => chmod.call(handle, 0o777),
      chown: () => chown.call(handle, 1, 1),
      utimes: () => utimes.call(handle, 1, 1),
    });
  await handle.close();
  return outcomes;
};

export const shared = async () => {
  const { setEnvironmentData, getEnvironmentData } = await import('node:worker_threads');
  const outcome = {
    before: getEnvironmentData('attack') ?? globalThis.attack,
    storage: typeof globalThis.localStorage,
    session: typeof globalThis.sessionStorage,
  };
  globalThis.attack = 'left behind';
  setEnvironmentData('attack', 'left behind');
  return outcome;
};

/** Speaks on channels and holds locks by name, and tells what it heard. */
export const speaks = async ({ name, ms }) => {
  const heard = [];
  const channel = new BroadcastChannel(name);
  channel.addEventListener('message', ({ data }) => heard.push(data));
  channel.postMessage(`from ${process.pid}`);
  const locked = await (globalThis.navigator?.locks?.request(name, { ifAvailable: true }, (lock) => lock !== null) ??
    true);
  await new Promise((resolve) => setTimeout(resolve, ms));
  channel.close();
  return { heard, locked };
};
