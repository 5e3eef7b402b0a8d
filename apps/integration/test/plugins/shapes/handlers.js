// Ordinary handlers, whose result, errors and log lines must look the same wherever they run.

export function kinds(input) {
  return {
    input,
    date: new Date(86_400_000),
    invalidDate: new Date(Number.NaN),
    map: new Map([['key', { deep: new Set([1, 'two']) }]]),
    bytes: new Uint8Array([0, 127, 255]),
    floats: new Float64Array([0.5, Number.NaN]),
    big: 12_345_678_901_234_567_890n,
    nothing: undefined,
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0],
    error: new TypeError('outer', { cause: new RangeError('inner') }),
    text: 'é\ud800 and plain',
    marked: { $: ['Date', 0] },
  };
}

export function refused(kind) {
  const values = {
    function: () => 1,
    symbol: Symbol('x'),
    instance: new Thing(),
    regexp: /x/u,
    url: new URL('https://example.com'),
    promise: { inner: Promise.resolve(1) },
    cycle: cyclic(),
    hole: Array.of(1, 2, 3).concat(Array(1)).slice(1),
    getter: {
      get boom() {
        throw new Error('never');
      },
    },
  };
  return { at: values[kind] };
}

class Thing {
  name = 'thing';
}

function cyclic() {
  const value = {};
  value.self = value;
  return value;
}

export function fails() {
  const error = new TypeError('the reason', { cause: new Error('the cause of it') });
  error.code = 'ERR_TIMEOUT';
  throw error;
}

export function throwsText() {
  throw 'only text';
}

export function speaks(_input, ctx) {
  ctx.log.debug('first', { number: 1 });
  ctx.progress('half', 0.5);
  ctx.log.warn('second', { nested: { list: [1, 2] } });
  ctx.log.info('a line\nwith \u001b[31mcontrol\u001b[0m characters');
  return 'spoken';
}

export async function reads(path, ctx) {
  const text = await ctx.fs.readFile(path, 'utf8');
  const entries = await ctx.fs.readDir('.');
  return { text, names: entries.map((entry) => entry.name), held: Object.keys(ctx), verbs: Object.keys(ctx.fs) };
}

export async function denied(path, ctx) {
  try {
    return await ctx.fs.readFile(path, 'utf8');
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message, isError: error instanceof Error };
  }
}

export function double(input) {
  return { value: input.value * 2 };
}

export function broken() {
  return { value: 'text where a number belongs' };
}

export async function waits(_input, ctx) {
  const { promise, reject } = Promise.withResolvers();
  ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
  ctx.progress('waiting');
  return await promise;
}

const numeric = (vendor, prepare) => ({
  '~standard': {
    version: 1,
    vendor,
    validate: (value) =>
      typeof value?.value === 'number'
        ? { value: prepare(value) }
        : { issues: [{ message: 'value must be a number', path: ['value'] }] },
  },
});

export const Input = numeric('by-hand', (value) => ({ value: value.value + 1 }));
export const Output = numeric('by-hand', (value) => ({ value: value.value, checked: true }));
