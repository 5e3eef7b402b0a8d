// Handlers that give back, and pass on, what nobody expects. They use no Node API.

export const echo = (input) => input;

/** What a handler sees of its input, by name and by prototype. */
export function inspects(input) {
  return {
    own: Object.keys(input),
    plain: Object.getPrototypeOf(input) === Object.prototype,
    admin: input.isAdmin ?? 'nothing',
    polluted: {}.isAdmin ?? 'nothing',
  };
}

const hostileKeys = () => JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}');

/** Sends hostile keys on every way out. */
export async function pollutes(_input, ctx) {
  const keys = hostileKeys();
  ctx.log.info('keys', keys);
  ctx.analytics.track('keys', keys);
  await ctx.events.publish('keys', keys);
  await ctx.artifacts.write('keys.json', JSON.stringify(keys));
  await ctx.fs.writeFile('data/keys.json', JSON.stringify(keys));
  await ctx.fs.readFile('data/hello.txt', keys).catch(() => undefined);
  return [keys, new Map([['__proto__', keys]]), { deep: [keys] }];
}

const nested = (depth, wrap) => {
  let value = 0;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
};

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const throws = () => {
  throw new Error('never told');
};

const unsendable = {
  'toJSON that lies': () => ({ real: 1, toJSON: () => 'another' }),
  'toJSON that throws': () => ({ toJSON: throws }),
  'getter that throws': () => Object.defineProperty({}, 'at', { get: throws, enumerable: true }),
  'proxy that throws': () => new Proxy({}, { ownKeys: throws }),
  'proxy of a list that lies': () => new Proxy([1], { get: (_, key) => (key === 'length' ? Number.NaN : 1) }),
  'proxy of a list that never ends': () => new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 40 : 1) }),
  'proxy that grows as it is read': () => {
    const grow = () => new Proxy({}, { ownKeys: () => ['a', 'b', 'c', 'd'], get: grow, getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) }); // prettier-ignore
    return grow();
  },
  'revoked proxy': () => ({ deep: [revoked()] }),
  'what only looks like a Date': () => Object.create(Date.prototype),
  'what only looks like a Map': () => Object.create(Map.prototype),
  'a thousand levels': () => nested(1_000, (value) => ({ list: [value] })),
  'hundred thousand lists': () => nested(100_000, (value) => [value]),
  'hundred thousand records': () => nested(100_000, (value) => ({ value })),
  'hundred thousand maps': () => nested(100_000, (value) => new Map([[value, 1]])),
  'ten thousand causes': () => nested(10_000, (value) => new Error('x', { cause: value })),
  'a list of a thousand million holes': () => {
    const list = [];
    list.length = 1e9;
    return list;
  },
  'a list with one thing far away': () => {
    const list = [];
    list[4e9] = 1;
    return list;
  },
  'a map of a quarter million': () => new Map(Array.from({ length: 250_000 }, (_, index) => [`k${index}`, index])),
  'a set of half a million': () => new Set(Array.from({ length: 500_000 }, (_, index) => `k${index}`)),
  'a quarter million keys': () => Object.fromEntries(Array.from({ length: 250_000 }, (_, index) => [`k${index}`, 1])),
  'a quarter million empty lists': () => Array.from({ length: 250_000 }, () => []),
  'numbers that collide': () => new Set(Array.from({ length: 50_000 }, (_, index) => index * 2 ** 20)),
  'a regexp': () => /x/u,
  'a weak map': () => new WeakMap(),
  'a generator': () => (function* walk() { yield 1; })(), // prettier-ignore
  'a symbol as a key': () => ({ [Symbol('x')]: 1 }),
  'a bigint of a million digits': () => 10n ** 1_000_000n,
};

export const unsendableNames = () => Object.keys(unsendable);
export const gives = (name) => unsendable[name]();

/** Tries each as an argument of a host call, and tells what came of it. */
export async function passes(names, ctx) {
  const told = {};
  for (const name of names) {
    let value;
    try {
      value = unsendable[name]();
    } catch {
      value = throws;
    }
    told[name] = await ctx.events.publish('odd', value).then(
      () => 'sent',
      (error) => error.code ?? error.message,
    );
  }
  return told;
}

/** Tries each as the fields of a log line: nothing may throw here. */
export function logsAll(names, ctx) {
  for (const name of names) ctx.log.info(name, { at: unsendable[name]() });
  ctx.log.info({ toString: () => 'text of its own' });
  return names.length;
}

export const large = (bytes) => new Uint8Array(bytes);

export function numbers() {
  return {
    nan: Number.NaN,
    infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    zero: -0,
    date: new Date(86_400_000),
    invalid: new Date(Number.NaN),
    big: [2n ** 64n, -1n],
    error: new RangeError('told'),
    nothing: undefined,
    list: [undefined, null],
    set: new Set([Number.NaN, -0]),
  };
}

export const shared = () =>
  typeof SharedArrayBuffer === 'function' ? { at: new SharedArrayBuffer(8) } : { at: Symbol('none') };
export const sharedView = () =>
  typeof SharedArrayBuffer === 'function' ? { at: new Uint8Array(new SharedArrayBuffer(8)) } : { at: Symbol('none') };

/** Keeps its input, changes it while it runs and after, and gives back what it saw first. */
export async function changes(input) {
  const seen = JSON.stringify(input);
  input.rights = ['all'];
  input.list.push('more');
  await new Promise((resolve) => setTimeout(resolve, 1));
  setTimeout(() => input.list.push('late'), 0);
  return seen;
}

/** Takes a while, so that its host has time to change what it handed in. */
export async function seesAgain(input) {
  const before = JSON.stringify(input);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [before, JSON.stringify(input)];
}

/** Writes two artifacts under names that look alike, and reads both. */
export async function twins(names, ctx) {
  const told = [];
  for (const name of names) {
    const wrote = ctx.artifacts.write(`twins/${name}.txt`, name);
    told.push(
      await wrote.then(
        () => 'ok',
        (error) => error.code,
      ),
    );
  }
  const texts = [];
  for (const name of names)
    texts.push(await ctx.artifacts.read(`twins/${name}.txt`, { as: 'text' }).catch((error) => error.code));
  return { told, texts };
}

/** Names whose JSON has escapes, after others that make V8 misread them. */
export const poisons = () => ({ h: [], '\\': 0, nested: { i: [], '\\u': 0 } });
export const poisoned = () => ({ h: 1, '"': 2, '\n': 3, nested: { i: 1, '\u0001\u0002': 2 } });
