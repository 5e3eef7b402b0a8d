// Handlers that behave, or misbehave in the small: what the kit's duties run.

export const echo = (input) => input;

export function changesInput(input) {
  input.list.push('changed');
  input.added = true;
  return input;
}

const kept = { count: 0 };
export function keepsResult() {
  kept.count += 1;
  return kept;
}

/** What each value looks like from inside the guest, told by means that a copy cannot fool. */
export const kinds = (input) =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [name, Object.prototype.toString.call(value)]));

export const ownProto = (input) => [Object.keys(input), Object.getPrototypeOf(input) === Object.prototype, {}.polluted];

class Point {
  x = 1;
}
const cycle = {};
cycle.self = cycle;
const hole = [1];
hole[2] = 3;
const throwing = () => {
  throw new Error('read');
};
const unsendable = {
  function: () => () => undefined,
  symbol: () => Symbol('s'),
  'symbol key': () => ({ [Symbol('s')]: 1 }),
  'class instance': () => new Point(),
  RegExp: () => /a/,
  // Not every sandbox has URLs; an instance of what is called so is refused alike.
  URL: () => (typeof URL === 'function' ? new URL('https://example.com/') : new (class URL extends Point {})()),
  cycle: () => cycle,
  hole: () => hole,
  SharedArrayBuffer: () => new SharedArrayBuffer(8),
  'view of shared memory': () => new Uint8Array(new SharedArrayBuffer(8)),
  'throwing proxy': () =>
    new Proxy({}, { ownKeys: throwing, get: (_, key) => (key === 'then' ? undefined : throwing()) }),
  'throwing getter': () => Object.defineProperty({}, 'a', { get: throwing, enumerable: true }),
  generator: () => (function* () {})(),
  'async generator': () => (async function* () {})(),
  WeakMap: () => new WeakMap(),
  stream: () => new ReadableStream(),
  'nested function': () => ({ a: [{ b: () => undefined }] }),
};
export const returnsUnsendable = (name) => unsendable[name]();

export const notAFunction = 42;

function fail() {
  const cause = Object.assign(new TypeError('the reason'), { code: 'E_REASON' });
  throw Object.assign(new RangeError('it failed', { cause }), { code: 'E_FAILED' });
}
export const throwsError = () => fail();

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const endless = () =>
  Object.defineProperty(new Error('endless'), 'cause', { get: endless, enumerable: true, configurable: true });
const circular = new Error('circular');
circular.cause = circular;
const thrown = {
  string: () => 'text',
  'long string': () => 'x'.repeat(10_000_000),
  number: () => 42,
  null: () => null,
  undefined: () => undefined,
  symbol: () => Symbol('s'),
  function: () => () => undefined,
  object: () => ({ message: 'not an error' }),
  'throwing proxy': () =>
    new Proxy(
      {},
      { get: throwing, getPrototypeOf: throwing, has: throwing, ownKeys: throwing, getOwnPropertyDescriptor: throwing },
    ),
  'revoked proxy': () => revoked.proxy,
  'endless causes': endless,
  'circular cause': () => circular,
  'error with throwing getters': () =>
    Object.defineProperties(new Error('a'), {
      message: { get: throwing },
      stack: { get: throwing },
      name: { get: throwing },
    }),
  'many errors': () =>
    new AggregateError(
      Array.from({ length: 100_000 }, (_, index) => new Error(`${index}`)),
      'many',
    ),
  'long message': () => new Error('x'.repeat(10_000_000)),
  'long stack': () => Object.assign(new Error('a'), { stack: `Error\n${'    at x (y:1:1)\n'.repeat(500_000)}` }),
  'imitated error': () => Object.assign(new Error('no'), { name: 'PluginError', code: 'ERR_TIMEOUT', __host: true }),
};
export const throwsAnything = (name) => {
  throw thrown[name]();
};

export const context = (_, ctx) => ({
  members: Object.keys(ctx).toSorted(),
  fs: ctx.fs === undefined ? undefined : Object.keys(ctx.fs).toSorted(),
  env: ctx.env,
  frozen: Object.isFrozen(ctx),
});

export const asks = async (args, ctx) => await ctx.fs.readFile(...args);
export async function asksAndFails(_, ctx) {
  try {
    return await ctx.fs.readFile('a');
  } catch (error) {
    const { name, message, code, hint, details } = error;
    return { isError: error instanceof Error, name, message, code, hint, details };
  }
}
export const asksMany = async (count, ctx) =>
  await Promise.all(Array.from({ length: count }, (_, index) => ctx.fs.readFile(`${index}`)));
export async function cancels(_, ctx) {
  const controller = new AbortController();
  const waiting = ctx.fs.readFile('waits', { signal: controller.signal });
  // Answers come in order of asking, so the call above is under way once this one is answered.
  await ctx.fs.readFile('is answered');
  controller.abort();
  try {
    return await waiting;
  } catch (error) {
    return error.code ?? error.name;
  }
}

export async function tells(_, ctx) {
  ctx.log.trace('one');
  ctx.log.debug('two', { a: 1 });
  ctx.progress('half', 0.5);
  ctx.log.info('three', { nested: { list: [1, 2] } });
  ctx.progress('going');
  ctx.log.warn('four', { bad: () => undefined });
  ctx.log.error('line\n[INFO] not another record');
  return 'told';
}
export function chatters(lines, ctx) {
  for (let line = 0; line < lines; line += 1) ctx.log.info(`${line} ${'x'.repeat(100)}`);
  return 'done';
}
export const returnsBytes = (size) => new Uint8Array(size);
export const returnsText = (size) => 'x'.repeat(size);

export async function waits(_, ctx) {
  ctx.onCleanup(() => ctx.log.info('cleaned up'));
  ctx.log.info('waiting');
  await new Promise((resolve) => {
    const timer = setInterval(() => undefined, 1_000);
    ctx.signal.addEventListener('abort', () => {
      ctx.log.info('told to stop', { code: ctx.signal.reason?.code });
      clearInterval(timer);
      resolve();
    });
  });
  return 'stopped';
}

function registerCleanups(ctx) {
  ctx.onCleanup(() => ctx.log.info('cleanup 1'));
  ctx.onCleanup(async () => {
    await null;
    ctx.log.info('cleanup 2');
  });
  ctx.onCleanup(() => {
    ctx.log.info('cleanup 3');
    throw new Error('a cleanup that throws');
  });
}
export function cleansUp(_, ctx) {
  registerCleanups(ctx);
  return 'done';
}
export function cleansUpAfterFailure(_, ctx) {
  registerCleanups(ctx);
  throw new Error('failed');
}
export async function cleansUpAfterAbort(_, ctx) {
  registerCleanups(ctx);
  ctx.log.info('waiting');
  const timer = setInterval(() => undefined, 1_000);
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  clearInterval(timer);
}

export function asksTooLate(_, ctx) {
  ctx.onCleanup(async () => {
    try {
      await ctx.fs.readFile('late');
      ctx.log.info('answered');
    } catch (error) {
      ctx.log.info('refused', { code: error.code });
    }
  });
  return 'done';
}

let callbacks = 0;
const thenables = {
  'resolves twice': () => ({
    then(resolve) {
      resolve('first');
      resolve('second');
    },
  }),
  'throws after it resolved': () => ({
    then(resolve) {
      resolve('first');
      throw new Error('late');
    },
  }),
  nested: () => ({
    then(resolve) {
      callbacks += 1;
      resolve(callbacks < 100 ? thenables.nested() : 'first');
    },
  }),
};
export const returnsThenable = (name) => thenables[name]();
export const returnsThrowingThen = () => Object.defineProperty({}, 'then', { get: throwing });

export async function mixes(id, ctx) {
  ctx.log.info(id);
  const answers = [];
  for (let round = 0; round < 5; round += 1) answers.push(await ctx.fs.readFile(id));
  ctx.progress(id, 1);
  return { id, answers, env: ctx.env };
}
