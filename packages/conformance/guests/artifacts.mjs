// Handlers that keep artifacts, each through one way of `ctx.artifacts`.

async function codeOf(work) {
  try {
    await work();
    return 'went well';
  } catch (error) {
    return { code: typeof error.code === 'string' ? error.code : error.name, pointer: error.details?.pointer };
  }
}

export const members = (_, ctx) => Object.keys(ctx.artifacts).toSorted();

export async function writesAndReads(values, ctx) {
  const kept = [];
  for (const [as, value] of values) {
    await ctx.artifacts.write('a', value, { version: '1.0.0' });
    kept.push(await ctx.artifacts.read('a', as === 'bytes' ? undefined : { as }));
  }
  return kept;
}

const cycle = [];
cycle.push(cycle);
const damaged = {
  undefined: () => ({ a: undefined }),
  function: () => ({ a: [() => 1] }),
  BigInt: () => ({ 'a/b': 1n }),
  NaN: () => [Number.NaN],
  Date: () => ({ a: new Date(0) }),
  Map: () => [new Map()],
  Set: () => [new Set()],
  'symbol key': () => ({ [Symbol('s')]: 1 }),
  'class instance': () =>
    new (class Point {
      x = 1;
    })(),
  hole: () => Object.assign([1], { 2: 3 }),
  cycle: () => cycle,
  'lone surrogate': () => 'a\ud800',
};
export const damagedNames = () => Object.keys(damaged);
export const writesDamaged = (name, ctx) => codeOf(() => ctx.artifacts.write('a', damaged[name]()));

export async function readsTwoPieces(_, ctx) {
  const { info, body } = await ctx.artifacts.readStream('a');
  const reader = body.getReader();
  const pieces = [(await reader.read()).value, (await reader.read()).value];
  await reader.cancel();
  return { info, pieces };
}

export async function readsAll(_, ctx) {
  const { body } = await ctx.artifacts.readStream('a', { minVersion: '1.0.0' });
  let bytes = 0;
  for await (const piece of body) bytes += piece.byteLength;
  return bytes;
}

export const writesStream = async ({ pieces, times }, ctx) => {
  async function* body() {
    for (let time = 0; time < times; time += 1) yield* pieces;
  }
  return await ctx.artifacts.writeStream('a', body(), { version: '1.0.0' });
};

const sources = {
  async *throws() {
    yield 'a';
    throw Object.assign(new Error('the source failed'), { code: 'E_SOURCE' });
  },
  async *'half a character'() {
    yield 'a\ud83d';
  },
  async *'no bytes'() {
    yield 7;
  },
};
export const writesBadStream = (name, ctx) => codeOf(() => ctx.artifacts.writeStream('a', sources[name]()));

/** The source never goes on; only the abort can end it. */
export async function abortsStream(_, ctx) {
  const controller = new AbortController();
  async function* body() {
    yield 'a';
    controller.abort();
    await new Promise(() => undefined);
  }
  return await codeOf(() => ctx.artifacts.writeStream('a', body(), { signal: controller.signal }));
}

export const passes = async (_, { artifacts, signal }) => [
  await artifacts.stat('a', { minVersion: '1.0.0', signal }),
  await artifacts.list({ glob: '*' }),
  await artifacts.wait('a', { timeoutMs: 5 }),
  await artifacts.delete('a', { ifMatch: 'e' }),
  await artifacts.copy('a', 'b', { signal }),
];
