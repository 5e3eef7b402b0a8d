// Each says where it is, and then stays there. The host ends it from outside at that point.

const never = new Promise(() => {});
const here = (ctx) => ctx.log.info('here');

export async function handles(_input, ctx) {
  here(ctx);
  await never;
}

export function spins(_input, ctx) {
  here(ctx);
  setTimeout(() => {
    for (;;);
  }, 1);
  return never;
}

export async function fetches({ url }, ctx) {
  await ctx.fetch(url);
}

export async function waitsForEvent(_input, ctx) {
  const waiting = ctx.events.waitFor('never.comes');
  await ctx.events.publish('points.here', 1);
  await waiting;
}

export async function waitsForAnswer(_input, ctx) {
  await ctx.presenter.confirm('stay?');
}

export async function runsCommand(_input, ctx) {
  await ctx.shell.run('/usr/bin/tail', ['-f', 'data/hello.txt']);
}

export async function invokes(_input, ctx) {
  await ctx.invoke({ target: '@fault/callee:stays', input: {} });
}

export async function storesArtifact(_input, ctx) {
  await ctx.artifacts.write('whole.txt', 'x'.repeat(100_000));
}

export async function streamsArtifact(_input, ctx) {
  async function* pieces() {
    yield 'the first piece';
    here(ctx);
    await never;
  }
  await ctx.artifacts.writeStream('streamed.txt', pieces());
}

export async function callsMuch(_input, ctx) {
  for (;;) await Promise.all(Array.from({ length: 16 }, () => ctx.fs.readFile('data/hello.txt', 'utf8')));
}

export async function isAnsweredMuch(_input, ctx) {
  for (;;) await ctx.fs.readFile('large.bin');
}

export function returnsMuch(_input, ctx) {
  here(ctx);
  return new Uint8Array(6_000_000);
}

export async function logsMuch(_input, ctx) {
  for (;;) {
    ctx.log.info('here');
    console.log('x'.repeat(1000));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function leavesCleanup(_input, ctx) {
  ctx.onCleanup(() => never);
  return 'returned';
}

export async function clingsToLife(_input, ctx) {
  ctx.signal.addEventListener('abort', () => here(ctx));
  ctx.log.info('abort me');
  await never;
}

const staying = {
  '~standard': {
    version: 1,
    vendor: 'by-hand',
    validate: () => {
      console.log('here');
      return never;
    },
  },
};
export const Stays = staying;

/** Stores one artifact after the other until it is told to stop. */
export async function storesOn({ id }, ctx) {
  ctx.progress('up');
  for (let n = 0; ; n += 1) await ctx.artifacts.write(`${id}/${n % 4}.bin`, new Uint8Array(200_000).fill(n));
}

export async function runsOn({ mark, shell }, ctx) {
  const running = ctx.shell.run(shell, ['-c', `: ${mark}; while :; do sleep 1; done`]);
  ctx.progress('up');
  await running;
}

export async function stays(_input, ctx) {
  ctx.progress('up');
  await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
}

/** Works for so many milliseconds, and talks all the while. */
export async function worksFor({ ms, loud }, ctx) {
  ctx.progress('up');
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (loud) console.log('x'.repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return 'worked';
}

/** Uses whatever the host has of its own. */
export async function usesEverything({ text }, ctx) {
  ctx.log.info('logged');
  ctx.progress('half', 0.5);
  ctx.analytics.track('used', { text });
  await ctx.presenter.message(text);
  await ctx.presenter.json({ text });
  await ctx.presenter.error({ message: text });
  const confirmed = await ctx.presenter.confirm(text);
  const { path } = await ctx.artifacts.write('used.txt', text);
  return { stored: path, confirmed };
}

/** Writes a file and an artifact, and tells how each went. */
export async function fillsRooms({ bytes }, ctx) {
  const codeOf = (work) =>
    work.then(
      () => 'ok',
      (error) => error.code,
    );
  ctx.analytics.track('filled', { bytes });
  return {
    file: await codeOf(ctx.fs.writeFile('data/file.bin', new Uint8Array(bytes))),
    artifact: await codeOf(ctx.artifacts.write('stored.bin', new Uint8Array(bytes))),
    bytes: (await ctx.fs.readFile('data/file.bin')).length,
  };
}

export const reads = (path, ctx) => ctx.fs.readFile(path, 'utf8');

export const returns = (input) => input ?? null;
