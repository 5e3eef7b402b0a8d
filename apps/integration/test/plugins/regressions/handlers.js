// Handlers that do what the plugin runtime before this one got wrong.

/** Reads each path and tells the text, or the code that the call rejected with. */
export async function reads(paths, ctx) {
  return each(paths, (path) => ctx.fs.readFile(path, 'utf8'));
}

/** Writes each path and tells `undefined`, or the code that the call rejected with. */
export async function writes(paths, ctx) {
  return each(paths, (path) => ctx.fs.writeFile(path, 'written'));
}

/** Asks for each URL and tells the body, or the code that the call rejected with. */
export async function asks(urls, ctx) {
  return each(urls, async (url) => (await ctx.fetch(url)).text());
}

async function each(targets, work) {
  const outcomes = [];
  for (const target of targets) outcomes.push(await work(target).catch((error) => error.code ?? error.name));
  return outcomes;
}

export function gives(input) {
  return input;
}

/** Never ends, whatever it is told. */
export async function clings(_input, ctx) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  ctx.progress('clinging');
  await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
}

/** Ends when it is let go. */
export async function waits(_input, ctx) {
  ctx.progress('waiting');
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve, { once: true }));
}

export function dies() {
  process.exit(3);
}

export function fillsBuffers() {
  const kept = [];
  for (;;) kept.push(Buffer.alloc(4_194_304, 1));
}

/** Counts how often this module's globals were used before. */
export function counts() {
  globalThis.used = (globalThis.used ?? 0) + 1;
  Object.assign(Object.prototype, { left: ({}.left ?? 0) + 1 });
  process.env.LEFT = `${process.env.LEFT ?? ''}x`;
  return [globalThis.used, {}.left, process.env.LEFT, process.pid];
}

/** Every kind that JSON has not. */
export function kinds(input) {
  return { input, at: new Date(86_400_000), bytes: new Uint8Array([0, 127, 255]), big: 2n ** 70n, none: undefined };
}

export function failsAsItsDriver() {
  const refused = new Error('connect ECONNREFUSED 10.0.0.7:5432');
  refused.code = 'ECONNREFUSED';
  const error = new RangeError('the pool is exhausted', { cause: refused });
  error.code = 'E_POOL_EXHAUSTED';
  throw error;
}

/** What a guest that is not confined would see of its host. */
export async function looksAround({ secret }) {
  const tried = {
    secret: () => process.getBuiltinModule('node:fs').readFileSync(secret, 'utf8'),
    variables: () =>
      Object.keys(process.env)
        .filter((name) => name !== 'PWD')
        .join(),
    spawn: () => process.getBuiltinModule('node:child_process').spawnSync('/bin/true').error?.code ?? 'ran',
    inspector: () => process.getBuiltinModule('node:inspector').url() ?? '',
  };
  const seen = Object.entries(tried).map(([name, attempt]) => {
    try {
      return [name, attempt()];
    } catch (error) {
      return [name, error.code ?? error.name];
    }
  });
  return Object.fromEntries(seen);
}
