// Attacks on events through `ctx` alone: nothing here is Node's.

/** What came of one call: `ok`, or the code that it rejected with. */
async function codeOf(work) {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`;
  }
}

/** Publishes under each topic. */
export async function publishes(calls, ctx) {
  const codes = [];
  for (const [topic, payload, options] of calls)
    codes.push(await codeOf(() => ctx.events.publish(topic, payload, options)));
  return codes;
}

/** Listens to each pattern, and stops. */
export async function listens(calls, ctx) {
  const codes = [];
  for (const [pattern, options] of calls) {
    codes.push(
      await codeOf(async () => {
        const subscription = await ctx.events.subscribe(pattern, () => undefined, options);
        await subscription.unsubscribe();
      }),
    );
  }
  return codes;
}

/** Says who it is not, and tells what its own listener was told. */
export async function forges(_input, ctx) {
  const heard = ctx.events.waitFor('m.forged', { timeoutMs: 10_000 });
  const payload = { sender: { kind: 'host' }, pluginId: 'victim', id: 'mine', time: 0, topic: 'host.stop' };
  const options = [
    { sender: { kind: 'host' } },
    { pluginId: 'victim' },
    { executionId: 'other' },
    { id: 'mine' },
    { time: 0 },
    { scope: 'everywhere' },
  ];
  const codes = [];
  for (const option of options) codes.push(await codeOf(() => ctx.events.publish('m.forged', payload, option)));
  await ctx.events.publish('m.forged', payload);
  const { sender, id, topic, time } = await heard;
  return { codes, sender, topic, isMine: id === 'mine' || time === 0 };
}

/** What no event carries. */
export async function sendsOddThings(_input, ctx) {
  const cycle = {};
  cycle.self = cycle;
  let deep = [];
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  class Thing {
    x = 1;
  }
  const hole = [1, 2, 3];
  delete hole[1];
  const payloads = {
    throwing: Object.defineProperty({}, 'x', { enumerable: true, get: () => Thing.nothing.x }),
    revoked: (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return { proxy };
    })(),
    toJSON: { toJSON: () => 'x' },
    cycle,
    deep,
    instance: new Thing(),
    date: new Date(0),
    bytes: new Uint8Array(8),
    map: new Map([[1, 2]]),
    function: () => 'x',
    symbol: Symbol('x'),
    bigint: 1n,
    nan: { x: Number.NaN },
    endless: { x: Number.POSITIVE_INFINITY },
    absent: { x: undefined },
    hole,
    large: 'x'.repeat(10_000_000),
    many: Array.from({ length: 200_000 }, () => 0),
  };
  const codes = {};
  for (const [name, payload] of Object.entries(payloads)) {
    codes[name] = await codeOf(() => ctx.events.publish('m.odd', payload));
  }
  return codes;
}

/** Payloads that are read here, by this side's own code, and are data from then on. */
export async function sendsWhatAnswersOnce(_input, ctx) {
  let asked = 0;
  const count = () => (asked += 1);
  const payloads = [
    Object.defineProperty({}, 'x', { enumerable: true, get: count }),
    new Proxy({ x: 0 }, { get: count }),
    JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'),
  ];
  const heard = [];
  for (const payload of payloads) {
    const next = ctx.events.waitFor('m.odd', { timeoutMs: 10_000 });
    await ctx.events.publish('m.odd', payload);
    heard.push(JSON.stringify((await next).payload));
  }
  return { heard, isAdmin: {}.isAdmin };
}

/** Publishes without waiting, and tells what came of all. */
export async function floods({ count, topic = 'm.flood' }, ctx) {
  const codes = {};
  for (let sent = 0; sent < count; sent += 500) {
    const batch = Array.from({ length: Math.min(500, count - sent) }, (_, index) =>
      codeOf(() => ctx.events.publish(topic, sent + index, { scope: 'plugin' })),
    );
    for (const code of await Promise.all(batch)) codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
}

/** Tells itself something again and again, and how long each took, in milliseconds. */
export async function chats({ rounds }, ctx) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = Date.now();
    const heard = ctx.events.waitFor('m.chat', { predicate: ({ payload }) => payload === round, timeoutMs: 10_000 });
    await ctx.events.publish('m.chat', round);
    await heard;
    times.push(Date.now() - start);
  }
  return times.toSorted((a, b) => a - b);
}

/** Listeners that fail in every way beside one that does not. */
export async function listensBadly(_input, ctx) {
  const seen = [];
  await ctx.events.subscribe('m.step', () => {
    throw new Error('a listener threw');
  });
  await ctx.events.subscribe('m.step', () => Promise.reject(new Error('a listener rejected')));
  await ctx.events.subscribe('m.step', () => new Promise(() => undefined));
  await ctx.events.subscribe('m.step', () => {
    throw undefined;
  });
  await ctx.events.subscribe('m.step', ({ payload }) => void seen.push(payload));
  for (let step = 0; step < 5; step += 1) {
    const heard = ctx.events.waitFor('m.step', { timeoutMs: 10_000 });
    await ctx.events.publish('m.step', step);
    await heard;
  }
  return seen;
}

/** Comes and goes while events are handed out. */
export async function comesAndGoes(_input, ctx) {
  const seen = { first: [], second: [], late: [] };
  const added = Promise.withResolvers();
  const second = await ctx.events.subscribe('m.step', ({ payload }) => void seen.second.push(payload));
  await ctx.events.subscribe('m.step', async ({ payload }) => {
    seen.first.push(payload);
    if (payload !== 1) return;
    await second.unsubscribe();
    await ctx.events.subscribe('m.step', (event) => void seen.late.push(event.payload));
    added.resolve();
  });
  for (let step = 0; step < 4; step += 1) {
    const heard = ctx.events.waitFor('m.step', { predicate: ({ payload }) => payload === step, timeoutMs: 10_000 });
    await ctx.events.publish('m.step', step);
    await heard;
    // The first listener has more to do with this one than to hear it.
    if (step === 1) await added.promise;
  }
  await ctx.events.publish('m.pause', 0);
  const again = [await codeOf(() => second.unsubscribe()), await codeOf(() => second.unsubscribe())];
  return { seen, again };
}

/** Listens until it is refused, and never stops. */
export async function listensTooMuch({ most }, ctx) {
  for (let count = 0; count < most; count += 1) {
    const code = await codeOf(() => ctx.events.subscribe('m.step', () => undefined));
    if (code !== 'ok') return { count, code };
  }
  return { count: most, code: 'no end' };
}

/** Listens, is stuck with the first event until all have come, and tells which it got before the end of them. */
export async function listensSlowly({ overflow }, ctx) {
  const seen = [];
  const free = Promise.withResolvers();
  const end = Promise.withResolvers();
  const last = ctx.events.waitFor('m.done', { scope: 'plugin', timeoutMs: 15_000 });
  const options = { scope: 'plugin', queueLimit: 5, overflow };
  await ctx.events.subscribe(
    'm.step',
    async ({ payload }) => {
      if (payload === 'end') return end.resolve();
      seen.push(payload);
      await free.promise;
    },
    options,
  );
  ctx.progress('listening');
  await last;
  free.resolve();
  await end.promise;
  return seen;
}

/** Fills the queue of a listener of its own that refuses what it has no room for. */
export async function overflows(_input, ctx) {
  const stuck = new Promise(() => undefined);
  await ctx.events.subscribe('m.flood', () => stuck, { queueLimit: 5, overflow: 'reject', scope: 'plugin' });
  return floods({ count: 450 }, ctx);
}

/** Returns, and publishes afterwards. */
export function speaksLate(_input, ctx) {
  globalThis.lateAttempt = new Promise((resolve) => {
    setTimeout(() => resolve(codeOf(() => ctx.events.publish('m.late', 1, { scope: 'plugin' }))), 500);
  });
  return 'returned';
}

/** What became of that, where this is the same place still. */
export async function tellsLate() {
  return (await globalThis.lateAttempt) ?? 'gone';
}
