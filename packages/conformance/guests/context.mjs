// Handlers that hold the other members of `ctx`: events, analytics, invocations, commands, presenters, configuration.

const codeOf = (promise) =>
  promise.then(
    () => 'went well',
    (error) => (typeof error.code === 'string' ? error.code : error.name),
  );

export const members = (_, ctx) =>
  Object.fromEntries(
    ['analytics', 'artifacts', 'config', 'events', 'invoke', 'presenter', 'shell'].map((name) => [
      name,
      typeof ctx[name] === 'object' ? Object.keys(ctx[name]).toSorted() : typeof ctx[name],
    ]),
  );

/** Publishes to itself, and has each event delivered to a listener that takes its time and throws at the first. */
export async function listens(count, ctx) {
  const seen = [];
  let inside = 0;
  const { promise, resolve } = Promise.withResolvers();
  const subscription = await ctx.events.subscribe('a.*', async ({ payload }) => {
    inside += 1;
    await null;
    seen.push([payload, inside]);
    inside -= 1;
    if (payload === count - 1) resolve();
    if (payload === 0) throw new Error('the listener failed');
  });
  for (let index = 0; index < count; index += 1) await ctx.events.publish('a.b', index);
  await promise;
  await subscription.unsubscribe();
  return seen;
}

export async function streams(count, ctx) {
  const stream = ctx.events.stream('a.b', { queueLimit: 8 });
  for (let index = 0; index < count; index += 1) await ctx.events.publish('a.b', index);
  const seen = [];
  for await (const { payload } of stream) {
    seen.push(payload);
    if (seen.length === count) break;
  }
  return seen;
}

/** Calls go in the order of asking: once this one is answered, all that ended before has been told to the host. */
const lastWord = (ctx) => ctx.events.publish('last word', undefined);

export async function waitsFor(_, ctx) {
  const waiting = ctx.events.waitFor('a.b', { predicate: ({ payload }) => payload === 2 });
  for (const payload of [0, 1, 2, 3]) await ctx.events.publish('a.b', payload);
  const { payload } = await waiting;
  await lastWord(ctx);
  return payload;
}

export const waitsInVain = async (_, ctx) => {
  const controller = new AbortController();
  const waits = {
    time: ctx.events.waitFor('a.b', { timeoutMs: 10 }),
    signal: ctx.events.waitFor('a.b', { signal: controller.signal }),
    aborted: ctx.events.waitFor('a.b', { signal: AbortSignal.abort() }),
    throws: ctx.events.waitFor('a.c', {
      predicate: () => {
        throw Object.assign(new Error('the predicate failed'), { code: 'E_PREDICATE' });
      },
    }),
    promise: ctx.events.waitFor('a.c', { predicate: async () => true }),
  };
  controller.abort();
  const codes = Object.entries(waits).map(async ([name, wait]) => [name, await codeOf(wait)]);
  await ctx.events.publish('a.c', 1);
  const told = Object.fromEntries(await Promise.all(codes));
  await lastWord(ctx);
  return told;
};

/** Holds a subscription, a stream and a wait open, calls on, and returns without an end to any of them. */
export async function leavesListening(_, ctx) {
  await ctx.events.subscribe('a.b', () => undefined);
  const stream = ctx.events.stream('a.b');
  const wait = ctx.events.waitFor('a.b');
  const ends = [
    stream.next().then(({ done }) => ctx.log.info(`stream ${done}`)),
    codeOf(wait).then((code) => ctx.log.info(code)),
  ];
  ctx.onCleanup(() => Promise.all(ends));
  for (let index = 0; index < 5; index += 1) await ctx.events.publish('other', index);
  return 'left';
}

const hostile = {
  getter: () => ({
    get a() {
      throw new Error('read');
    },
  }),
  proxy: () =>
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('read');
        },
      },
    ),
  cycle: () => {
    const cycle = {};
    cycle.cycle = cycle;
    return cycle;
  },
  function: () => ({ a: () => 1 }),
  'thrown proxy': () => ({
    get a() {
      throw new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error('read');
          },
        },
      );
    },
  }),
  'changing getter': () => {
    let reads = 0;
    return {
      get a() {
        reads += 1;
        if (reads > 1) throw new Error('read again');
        return reads;
      },
    };
  },
  huge: () => ({ a: 'x'.repeat(1_000_000) }),
  text: () => 'text',
  list: () => [1],
};
export function tracks(_, ctx) {
  ctx.log.info('before');
  ctx.analytics.track('clicked', { button: 'save', times: 2 });
  ctx.analytics.track('empty');
  ctx.analytics.track('own', JSON.parse('{"__proto__":{"polluted":true}}'));
  for (const name of ['x'.repeat(65), '', 7, undefined, Symbol('s'), { toString: () => 'x' }])
    ctx.analytics.track(name);
  ctx.log.info('after');
  return {}.polluted === undefined;
}
export function tracksHostile(_, ctx) {
  for (const [name, make] of Object.entries(hostile)) {
    ctx.analytics.track(name, make());
    ctx.log.info(name, make());
  }
  return 'alive';
}
export function tracksMany(count, ctx) {
  for (let index = 0; index < count; index += 1) ctx.analytics.track('many', { index });
  return 'done';
}

export async function invokes(request, ctx) {
  const { signal } = new AbortController();
  return [await ctx.invoke(request, { signal }), await codeOf(ctx.invoke(request, { signal: AbortSignal.abort() }))];
}

export async function usesTheRest(_, { shell, presenter, config, signal }) {
  return [
    await shell.run('/bin/true', ['a'], { cwd: 'src', signal }),
    await presenter.message('text', 'warn'),
    await presenter.confirm('sure?'),
    await config.ensureSection('a.json', { pointer: '/a', value: 1 }, { signal }),
  ];
}
