// Attacks on artifacts through `ctx` alone: nothing here is Node's.

/** What came of one call: its value, or the code that it rejected with. */
async function outcomeOf(work) {
  try {
    return await work();
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`;
  }
}

/** Writes under each path and tells the path that came of it, or the code. */
export async function writes(paths, ctx) {
  const outcomes = [];
  for (const path of paths) {
    outcomes.push(await outcomeOf(async () => (await ctx.artifacts.write(path, 'x')).path));
  }
  return outcomes;
}

/** The same, all at once. */
export async function writesAtOnce(paths, ctx) {
  return Promise.all(paths.map((path) => outcomeOf(async () => (await ctx.artifacts.write(path, path)).path)));
}

/** Gives what the manifest stores. */
export function gives(input) {
  return input;
}

/** Paths that are no strings. */
export async function writesUnderObjects(_input, ctx) {
  let asked = 0;
  const shifty = {
    toString() {
      asked += 1;
      return asked === 1 ? 'allowed.txt' : '../../escaped.txt';
    },
    [Symbol.toPrimitive]: () => '../escaped.txt',
  };
  const paths = [shifty, ['..', 'x'], 7, null, undefined, true, new String('x.txt'), { path: 'x.txt' }];
  const outcomes = [];
  for (const path of paths) {
    outcomes.push(await outcomeOf(async () => (await ctx.artifacts.write(path, 'x')).path));
    outcomes.push(await outcomeOf(() => ctx.artifacts.stat(path)));
  }
  return { outcomes: [...new Set(outcomes)], asked };
}

/** Begins an artifact that never ends, and says when the host has the first of it. */
export async function writesForEver(path, ctx) {
  async function* endless() {
    for (let piece = 0; ; piece += 1) {
      yield 'x'.repeat(262_144);
      if (piece === 1) ctx.progress('half way');
      if (piece === 1) await new Promise(() => undefined);
    }
  }
  await ctx.artifacts.writeStream(path, endless());
}

/** Bodies that go wrong in the middle. */
export async function streams(_input, ctx) {
  async function* failing() {
    yield 'x'.repeat(300_000);
    throw Object.assign(new Error('the source broke'), { code: 'E_SOURCE' });
  }
  async function* wrong() {
    yield 'x'.repeat(300_000);
    yield 7;
  }
  async function* stuck() {
    yield 'x'.repeat(300_000);
    await new Promise(() => undefined);
  }
  const given = new AbortController();
  const stuckOne = outcomeOf(() => ctx.artifacts.writeStream('stuck.txt', stuck(), { signal: given.signal }));
  const outcomes = {
    failing: await outcomeOf(() => ctx.artifacts.writeStream('failing.txt', failing())),
    wrong: await outcomeOf(() => ctx.artifacts.writeStream('wrong.txt', wrong())),
    none: await outcomeOf(() => ctx.artifacts.writeStream('none.txt', {})),
  };
  given.abort(Object.assign(new Error('given up'), { code: 'E_GIVEN_UP' }));
  return { ...outcomes, stuck: await stuckOne, left: (await ctx.artifacts.list()).map(({ path }) => path) };
}

/** Writes until it is refused, and tells how often that went well, and how it ended. */
export async function fills({ bytes, most }, ctx) {
  const text = 'x'.repeat(bytes);
  for (let count = 0; count < most; count += 1) {
    const outcome = await outcomeOf(() => ctx.artifacts.write(`fill/${count}.txt`, text));
    if (typeof outcome === 'string') return { count, outcome };
  }
  return { count: most, outcome: 'no end' };
}

/** Starts all writes in one moment. */
export async function fillsAtOnce({ bytes, most }, ctx) {
  const text = 'x'.repeat(bytes);
  const codes = await Promise.all(
    Array.from({ length: most }, (_, count) => outcomeOf(() => ctx.artifacts.write(`at-once/${count}.txt`, text))),
  );
  return codes.filter((code) => typeof code === 'string');
}

/** Larger than it says that it may be, and larger than anything may be. */
export async function writesTooMuch(_input, ctx) {
  async function* pieces() {
    for (let piece = 0; piece < 8; piece += 1) yield 'x'.repeat(262_144);
  }
  const options = { maxBytes: 100 };
  return {
    whole: await outcomeOf(() => ctx.artifacts.write('whole.txt', 'x'.repeat(101), options)),
    piecewise: await outcomeOf(() => ctx.artifacts.writeStream('piecewise.txt', pieces(), options)),
    fits: (await ctx.artifacts.write('fits.txt', 'x'.repeat(100), options)).bytes,
    left: (await ctx.artifacts.list()).map(({ path }) => path),
  };
}

/** Tries every verb on each address. */
export async function looksAt(addresses, ctx) {
  const { artifacts } = ctx;
  const verbs = {
    read: (address) => artifacts.read(address),
    readStream: (address) => artifacts.readStream(address),
    stat: (address) => artifacts.stat(address),
    wait: (address) => artifacts.wait(address, { timeoutMs: 10_000 }),
    copy: (address) => artifacts.copy(address, 'copy.txt'),
    write: (address) => artifacts.write(address, 'forged'),
    delete: (address) => artifacts.delete(address),
  };
  const outcomes = {};
  for (const [verb, call] of Object.entries(verbs)) {
    outcomes[verb] = [];
    for (const address of addresses) outcomes[verb].push(await outcomeOf(() => call(address)));
  }
  return outcomes;
}

/** Lists by each query. */
export async function lists(queries, ctx) {
  const outcomes = [];
  for (const query of queries) outcomes.push(await outcomeOf(() => ctx.artifacts.list(query)));
  return outcomes;
}

/** Writes, then reads what it wrote. */
export async function writesAndReads(paths, ctx) {
  const outcomes = [];
  for (const path of paths) {
    const written = await outcomeOf(() => ctx.artifacts.write(path, 'mine'));
    const read = await outcomeOf(() => ctx.artifacts.read(path, { as: 'text' }));
    outcomes.push([typeof written === 'string' ? written : 'written', read]);
  }
  return outcomes;
}

/** Three that a store of 2 500 bytes with 2 000 in it has no room for, then smaller ones until there is no more. */
export async function fillsTwice(_input, ctx) {
  const sizes = [1_000, 1_000, 1_000, 10, 10, 10, 10, 10];
  const outcomes = [];
  for (const [place, size] of sizes.entries()) {
    const outcome = await outcomeOf(() => ctx.artifacts.write(`twice/${place}.txt`, 'x'.repeat(size)));
    outcomes.push(typeof outcome === 'string' ? outcome : 'ok');
  }
  return outcomes;
}
