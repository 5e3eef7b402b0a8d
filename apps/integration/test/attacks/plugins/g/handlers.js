// Handlers that reach for the realm of their host through whatever it handed them. They use no Node API.

/** What the code of another realm would see of a process. */
const process_ = (value) => {
  try {
    const found = value.constructor.constructor('return typeof process === "undefined" ? undefined : process')();
    return found?.pid ?? 'none';
  } catch (error) {
    return error.name;
  }
};

export async function climbs(_input, ctx) {
  const text = ctx.fs.readFile('data/hello.txt', 'utf8');
  const entries = await ctx.fs.readDir('data');
  const refusal = await ctx.fs.readFile('../secret.txt').catch((error) => error);
  const values = {
    ctx,
    group: ctx.fs,
    function: ctx.fs.readFile,
    log: ctx.log.info,
    signal: ctx.signal,
    promise: text,
    text: await text,
    bytes: await ctx.fs.readFile('data/hello.txt'),
    list: entries,
    entry: entries[0],
    refusal,
    details: refusal.details,
    input: _input,
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, process_(value)]));
}

/** Calls its host from the edge of the stack, over and over, and looks at what breaks. */
export async function overflows(_input, ctx) {
  const caught = new Set();
  const waiting = [];
  const calls = [
    () => ctx.log.info('at the edge', { deep: [1, [2]] }),
    () => ctx.progress('at the edge', 0.5),
    () => waiting.push(ctx.fs.readFile('data/hello.txt', 'utf8')),
    () => ctx.onCleanup(() => undefined),
  ];
  const dive = (call) => {
    try {
      dive(call);
    } catch (error) {
      caught.add(error);
    }
    try {
      call();
    } catch (error) {
      caught.add(error);
    }
  };
  for (const call of calls) {
    let tries = 0;
    dive(() => {
      tries += 1;
      if (tries < 200) call();
    });
  }
  const settled = await Promise.allSettled(waiting);
  for (const { reason } of settled) if (reason !== undefined) caught.add(reason);
  return {
    names: [...new Set([...caught].map((error) => error.name))].sort(),
    processes: [...new Set([...caught].map(process_))],
    text: await ctx.fs.readFile('data/hello.txt', 'utf8'),
  };
}

/** Asks for the frames below it, then throws so that its host has them as well. */
export async function looksDown(_input, ctx) {
  const seen = [];
  const before = Error.prepareStackTrace;
  Error.stackTraceLimit = 200;
  Error.prepareStackTrace = (error, sites) => {
    if (Array.isArray(sites)) for (const site of sites) seen.push(site);
    return `${error.name}: ${error.message}`;
  };
  await Promise.resolve();
  void new Error('here').stack;
  await ctx.fs.readFile('../secret.txt').catch((error) => void error.stack);
  const told = seen.map((site) => ({
    file: String(site.getFileName?.() ?? ''),
    this: typeof site.getThis?.(),
    function: typeof site.getFunction?.(),
  }));
  Error.prepareStackTrace = before;
  Error.stackTraceLimit = 10;
  return told;
}

export function throwsDeep() {
  Error.stackTraceLimit = 200;
  const dive = (left) => {
    if (left === 0) throw new Error('from below');
    dive(left - 1);
  };
  try {
    dive(5);
  } finally {
    Error.stackTraceLimit = 10;
  }
}

export function fakesStack(paths) {
  const error = new Error('with frames of its own making');
  error.stack = ['Error: x', ...paths.map((path) => `    at host (${path}:1:1)`)].join('\n');
  throw error;
}

const lies = {
  toPrimitive: () => ({ [Symbol.toPrimitive]: () => 'lie' }),
  toJSON: () => ({ kept: 1, toJSON: () => 'lie' }),
  inherited: () => Object.create({ toJSON: () => 'lie' }, { kept: { value: 1, enumerable: true } }),
  getter() {
    let reads = 0;
    return {
      get at() {
        reads += 1;
        return reads;
      },
    };
  },
  proxy: () => new Proxy({ at: 1 }, { get: () => 'lie' }),
  date: () => Object.assign(new Date(5), { getTime: () => ({ lie: true }), toJSON: () => 'lie' }),
  map: () => Object.assign(new Map([['a', 1]]), { entries: () => ['lie'], [Symbol.iterator]: () => [].values() }),
  bytes: () => Object.assign(new Uint8Array([7]), { toJSON: () => 'lie' }),
};

export const lie = (name) => lies[name]();

/** Gives back what it goes on changing. */
export function changesLater() {
  const value = { at: 1, list: [1] };
  const change = () => {
    value.at += 1;
    value.list.push(value.at);
  };
  Promise.resolve().then(change).then(change);
  setTimeout(change, 0);
  return value;
}

/** Puts something in the place of a built-in member, and tells how to undo it. */
const replace = (object, key, make) => {
  const before = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { configurable: true, ...make(before?.value) });
  return () => (before === undefined ? delete object[key] : Object.defineProperty(object, key, before));
};
const wrap = (method) => ({
  writable: true,
  value(...args) {
    return Reflect.apply(method, this, args);
  },
});

const pollutions = {
  'Object.prototype.polluted': () =>
    replace(Object.prototype, 'polluted', () => ({ value: 'yes', enumerable: true, writable: true })),
  'Object.prototype.toJSON': () => replace(Object.prototype, 'toJSON', () => ({ value: () => 'polluted' })),
  'Array.prototype.0': () => {
    // It stores what is set, so that whoever pushes goes on working.
    const set = function (value) {
      Object.defineProperty(this, 0, { value, writable: true, enumerable: true, configurable: true });
    };
    return replace(Array.prototype, 0, () => ({ set }));
  },
  'Promise.prototype.then': () => replace(Promise.prototype, 'then', wrap),
  'Function.prototype.call': () =>
    replace(Function.prototype, 'call', (call) => ({ value: new Proxy(call, {}), writable: true })),
  'Map.prototype.get': () => replace(Map.prototype, 'get', wrap),
  'JSON.parse': () => replace(JSON, 'parse', wrap),
  'the prototype of Array.prototype': () => {
    Object.setPrototypeOf(Array.prototype, Object.create(Object.prototype));
    return () => Object.setPrototypeOf(Array.prototype, Object.prototype);
  },
};

/** Leaves a way to undo what it does: in the host's own process a test needs it. */
export function pollutes(name) {
  globalThis.kbUndoPollution = pollutions[name]();
  return { name, seen: {}.polluted ?? 'nothing' };
}

export function seesPollution() {
  return [{}.polluted ?? 'nothing', typeof {}.toJSON, typeof Array.prototype[0]];
}

/** Hands its ctx on: to a cleanup, and to whatever runs here next. */
export function keeps(_input, ctx) {
  globalThis.kbKeptCtx = ctx;
  ctx.onCleanup(async () => {
    const code = await ctx.fs.readFile('data/hello.txt', 'utf8').catch((error) => error.code);
    ctx.log.info(`in a cleanup: ${code}`);
  });
  return 'kept';
}

export async function usesKept() {
  const { kbKeptCtx } = globalThis;
  delete globalThis.kbKeptCtx;
  if (kbKeptCtx === undefined) return 'another realm';
  const attempts = [
    () => kbKeptCtx.fs.readFile('data/hello.txt', 'utf8'),
    () => kbKeptCtx.fs.writeFile('data/late.txt', 'late'),
    () => kbKeptCtx.events.publish('late', 1),
  ];
  const told = [];
  for (const attempt of attempts) told.push(await attempt().catch((error) => [error.code, error.details.reason]));
  kbKeptCtx.log.info('late line');
  kbKeptCtx.progress('late');
  return told;
}

/** Keeps many calls open from within each other's answers until it is ended. */
export async function reenters(_input, ctx) {
  const again = async (depth) => {
    const texts = await Promise.all([1, 2, 3].map(() => ctx.fs.readFile('data/hello.txt', 'utf8')));
    if (depth === 3) ctx.progress('deep');
    return await again(depth + texts.length / 3);
  };
  await Promise.all(Array.from({ length: 20 }, () => again(0)));
}

/** What a catch-all of WebAssembly, a SuppressedError and a `using` get hold of when a host call fails. */
export async function suppresses(_input, ctx) {
  const refusal = await ctx.fs.readFile('../secret.txt').catch((error) => error);
  const told = { wasm: typeof globalThis.WebAssembly, refusal: process_(refusal) };
  if (typeof SuppressedError === 'function') {
    const suppressed = new SuppressedError(refusal, refusal, 'both');
    told.suppressed = process_(suppressed.suppressed);
  }
  return told;
}

export const fine = () => 'fine';

export function pollutesLater() {
  setTimeout(() => pollutes('Map.prototype.get'), 0);
  return 'later';
}

export async function waitsFor(name) {
  while (!Object.hasOwn(globalThis, name)) await new Promise((resolve) => setTimeout(resolve, 1));
  return name;
}
