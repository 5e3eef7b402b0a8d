// Handlers that throw what nobody expects. They use no Node API.

const refuse = () => {
  throw new Error('a trap');
};
const traps = new Proxy({}, { get: () => refuse });
const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

const chain = (length) => {
  let error = new Error('the root');
  for (let index = 0; index < length; index += 1) error = new Error(`link ${index}`, { cause: error });
  return error;
};

const withGetters = () => {
  const error = new Error('hidden');
  for (const key of ['name', 'message', 'code', 'stack', 'cause', 'errors', 'hint'])
    Object.defineProperty(error, key, { get: refuse });
  return error;
};

const odd = {
  string: () => 'only text',
  'empty text': () => '',
  'long text': () => 'x'.repeat(10_000_000),
  number: () => 42,
  NaN: () => Number.NaN,
  bigint: () => 10n ** 10_000n,
  boolean: () => false,
  null: () => null,
  undefined: () => undefined,
  symbol: () => Symbol('secret'),
  function: () => () => 'secret',
  class: () =>
    class Secret {
      at = 'secret';
    },
  list: () => [new Error('inside')],
  record: () => ({ name: 'PluginError', code: 'ERR_TIMEOUT', message: 'made up', toString: refuse }),
  'record without a prototype': () => Object.create(null),
  promise: () => Promise.resolve('secret'),
  'proxy whose traps throw': () => new Proxy(new Error('x'), traps),
  'proxy of a function whose traps throw': () => new Proxy(() => undefined, traps),
  'revoked proxy': () => revoked({}),
  'revoked proxy of an error': () => revoked(new Error('x')),
  'error of no class': () => Object.setPrototypeOf(new Error('x'), null),
  'record with a tag': () => ({ [Symbol.toStringTag]: 'Error', message: 'x', stack: 'x' }),
};

export const oddNames = () => Object.keys(odd);

export const throwsOdd = (name) => {
  throw odd[name]();
};

const hostile = {
  'getters that throw': withGetters,
  'a cycle of causes': () => {
    const one = new Error('one');
    one.cause = new Error('two', { cause: one });
    return one;
  },
  'itself as its part': () => {
    const one = new AggregateError([], 'one');
    one.errors.push(one, one);
    one.cause = one;
    return one;
  },
  'ten thousand causes': () => chain(10_000),
  'a million parts': () =>
    new AggregateError(
      Array.from({ length: 1_000_000 }, () => 'part'),
      'many',
    ),
  'parts of parts of parts': () => {
    let error = new Error('leaf');
    for (let depth = 0; depth < 20; depth += 1)
      error = new AggregateError(Array.from({ length: 16 }).fill(error), 'x'.repeat(10_000), { cause: error });
    return error;
  },
  'a message of 100 MB': () => new Error('m'.repeat(100_000_000)),
  'a stack of 100 MB': () =>
    Object.assign(new Error('x'), { stack: `Error: x\n${'    at x (./y.js:1:1)\n'.repeat(4_600_000)}` }),
  'a name of 10 MB': () =>
    Object.assign(new Error('x'), { name: 'n'.repeat(10_000_000), code: 'c'.repeat(10_000_000) }),
  'texts that are no text': () =>
    Object.assign(new Error('x'), { name: { toString: refuse }, message: 1, code: {}, stack: [] }),
  'parts that lie about their number': () =>
    Object.assign(new Error('x'), { errors: new Proxy([], { get: (_, key) => (key === 'length' ? 1e9 : refuse()) }) }),
  'a cause that is a trap': () => new Error('x', { cause: new Proxy(new Error('y'), traps) }),
  'lone surrogates and control characters': () => new Error('\ud800\u0000\u001b[31m\u2028'),
  'a prototype of its own': () => Object.setPrototypeOf(new Error('x'), new Proxy(Error.prototype, { get: refuse })),
};

export const hostileNames = () => Object.keys(hostile);

export const throwsHostile = (name) => {
  throw hostile[name]();
};

export const rejectsHostile = async (name) => {
  await Promise.resolve();
  throw hostile[name]();
};

export function imitates(fields) {
  throw Object.assign(new Error('I am the host'), fields, { __host: true, source: 'host', retryable: true, http: 200 });
}

/** Hands on the refusal of a real host call, as its own failure. */
export async function passesOn(_input, ctx) {
  await ctx.fs.readFile('../secret.txt');
}

export function meddles(what) {
  if (what === 'limit') Error.stackTraceLimit = 1e9;
  if (what === 'capture') Error.captureStackTrace = refuse;
  if (what === 'prepare') Error.prepareStackTrace = () => new Proxy({}, traps);
  if (what === 'throw') Error.prepareStackTrace = refuse;
  if (what === 'huge') Error.prepareStackTrace = () => 'x'.repeat(50_000_000);
  const dive = (left) => (left === 0 ? new Error('deep') : dive(left - 1));
  throw dive(1_000);
}

export function throwsFinally() {
  try {
    return 'the result';
  } finally {
    // oxlint-disable-next-line no-unsafe-finally
    throw new Error('in the end');
  }
}

export function cleansUpBadly(_input, ctx) {
  const throwing = [() => refuse(), () => Promise.reject(withGetters()), () => Promise.reject(revoked({}))];
  for (const cleanup of throwing) ctx.onCleanup(cleanup);
  return 'the result';
}

export function throwsLater(_input, ctx) {
  ctx.onCleanup(() => {
    setTimeout(refuse, 0);
    void Promise.reject(withGetters());
    return new Promise((resolve) => setTimeout(resolve, 10));
  });
  return 'the result';
}

export const fine = () => 'fine';
