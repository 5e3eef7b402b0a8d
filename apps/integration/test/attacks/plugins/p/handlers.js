// No Node API: these run in every place.

const settle = async (calls) => {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'fulfilled' ? 'ok' : one.reason.code));
};

/** Writes so many files of so many bytes, all at once. */
export async function writesMany({ count, bytes }, ctx) {
  const data = 'x'.repeat(bytes);
  return await settle(Array.from({ length: count }, (_, n) => ctx.fs.writeFile(`out/${n}.txt`, data)));
}

/** Fails in many ways, and then uses all that should be left. */
export async function failsThenWrites({ times, bytes }, ctx) {
  const data = 'x'.repeat(bytes);
  const refused = await settle(
    Array.from({ length: times }, (_, n) => [
      ctx.fs.writeFile('../outside.txt', data),
      ctx.fs.writeFile('no-such-folder/deeper/file.txt', data),
      ctx.fs.writeFile('data', data),
      ...(typeof AbortSignal === 'function'
        ? [ctx.fs.writeFile(`out/${n}.txt`, data, { signal: AbortSignal.abort() })]
        : []),
    ]).flat(),
  );
  return { refused: [...new Set(refused)].sort(), after: await settle([ctx.fs.writeFile('out/last.txt', data)]) };
}

/** Calls with numbers that are none. */
export async function oddSizes({ sizes }, ctx) {
  const calls = sizes.flatMap((size) => [
    () => ctx.fs.glob('data/*', { limit: size }),
    () => ctx.events.waitFor('a.b', { timeoutMs: size }),
    () => ctx.shell.run('/bin/true', [], { timeoutMs: size }),
  ]);
  const codes = [];
  for (const call of calls) {
    codes.push(
      await call().then(
        () => 'ok',
        (error) => error.code,
      ),
    );
  }
  return [...new Set(codes)];
}

/** Waits for its signal. */
export async function waits(_input, ctx) {
  ctx.progress('up');
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  ctx.signal.throwIfAborted();
}

/** Leaves a mark wherever it can, and tells which marks it finds. */
export function leavesMarks({ mark }) {
  const found = [globalThis.kbMark, cache.at(-1)];
  globalThis.kbMark = mark;
  cache.push(mark);
  return found.map((each) => each ?? null);
}

const cache = [];

export const returns = (input) => input ?? null;
