import { monitorEventLoopDelay } from 'node:perf_hooks';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, openQuickjs, valueOf } from '../quickjs-scene.js';

const HANDLERS = `
export const fine = () => 'fine';
const spin = () => { for (;;); };
export const ways = {
  loop: spin,
  jobs: async () => { for (;;) await null; },
  'a regular expression': () => /^(a+)+$/.test('a'.repeat(40) + 'b'),
  'a join that does not ask': () => new Array(1e9).join('x'),
  'a sort that does not ask': () => { for (;;) new Float64Array(1e6).map(Math.random).sort(); },
  'a getter of the result': () => ({ get a() { spin(); } }),
  timers: () => new Promise(() => { for (let i = 0; i < 9_000; i += 1) setInterval(() => undefined, 0); }),
  calls: async (ctx) => { for (;;) await ctx.fs.readFile('a'); },
};
export const way = (name, ctx) => ways[name](ctx);
export const bursts = () => new Promise((resolve) => {
  const end = performance.now() + 1_500;
  let busy = 0;
  const go = () => {
    const begun = performance.now();
    while (performance.now() - begun < 1);
    busy += performance.now() - begun;
    if (performance.now() > end) resolve(busy); else setTimeout(go, 1);
  };
  go();
});

export const memory = {
  'that is caught': () => { const kept = []; for (;;) try { kept.push(new Uint8Array(1 << 20)); } catch { return 'survived'; } },
  'of objects': () => { let kept = {}; for (;;) kept = { kept }; },
  'of text': () => { const kept = []; for (;;) kept.push(String(kept.length).padEnd(1e6, 'x')); },
  'of timers and calls': async (ctx) => { for (;;) ctx.fs.readFile('x'.repeat(1000)).catch(() => undefined); },
};
export const hoards = (name, ctx) => memory[name](ctx);

export const deep = {
  calls: () => { const f = () => f() + 1; f(); },
  eval: () => eval('('.repeat(1e5)),
  proxies: () => { let p = {}; for (let i = 0; i < 1e5; i += 1) p = new Proxy(p, {}); return p.x; },
  JSON: () => JSON.parse('['.repeat(1e5)),
  'calls of the host': (ctx) => { const f = () => { ctx.log.info('x'); f(); }; f(); },
  'a promise of the host': (ctx) => { const f = () => { ctx.fs.readFile('x').catch(() => undefined); f(); }; f(); },
  pattern: () => new RegExp('(?:'.repeat(5e4) + ')'.repeat(5e4)),
};
export const dives = (name, ctx) => { try { deep[name](ctx); return 'came back'; } catch (error) { return error instanceof Error; } };

// The wire makes its frames with what the realm has: whoever replaces that writes any bytes. What leaves is a copy of one array.
const tamper = (change) => {
  const Bytes = Uint8Array;
  globalThis.Uint8Array = new Proxy(Bytes, {
    construct(target, args) {
      const made = Reflect.construct(target, args);
      return args.length === 1 && args[0] instanceof Bytes ? change(made) : made;
    },
  });
};
const forge = (change) =>
  tamper((frame) => {
    const view = new DataView(frame.buffer);
    for (const at of [0, 4]) view.setUint32(at, change(at, view.getUint32(at)));
    return frame;
  });
export const forged = {
  'a length of 4 GiB': () => 0xffffffff,
  'no length': () => 0,
  'a length that is off': (at, value) => (at === 0 ? value + 5 : value),
  'one byte of JSON': (at) => (at === 0 ? 5 : 1),
};
export const forges = (name, ctx) => { forge(forged[name]); for (let i = 0; i < 100; i += 1) ctx.log.info('a'); return 'unharmed'; };
export const forgesBytes = (_, ctx) => {
  tamper((frame) => frame.map((byte) => byte ^ 0xa5));
  for (;;) ctx.log.info('a');
};
export const sendsTooMuch = async (_, ctx) => {
  tamper((frame) => new frame.constructor(40_000_000));
  ctx.log.info('a');
  return 'unharmed';
};
export const floods = (_, ctx) => { for (;;) ctx.progress('x'); };
export const calls = (_, ctx) => { for (let i = 0; i < 200_000; i += 1) ctx.fs.readFile('a').catch(() => undefined); for (;;); };
`;

describe('the thread of an interpreter', () => {
  const scene = openQuickjs();
  beforeAll(() => scene.write({ 'plugin/handlers.js': HANDLERS }));
  const ways = ['loop', 'jobs', 'a regular expression', 'a join that does not ask', 'a sort that does not ask'];

  it.each([...ways, 'a getter of the result', 'timers', 'calls'])('ends at its time: %s', async (input) => {
    const api = ['fs.readFile'];
    failureOf(await scene.run('way', { input, api, limits: { timeoutMs: 300 } }), 'ERR_TIMEOUT');
    expect(valueOf(await scene.run('fine'))).toBe('fine');
  });

  it('counts the CPU time of many short turns', async () => {
    const outcome = await scene.run('bursts');
    expect(outcome.usage.cpuMs).toBeGreaterThan(0.7 * Number(valueOf(outcome)));
  });

  it.each(ways)('ends when it has used its CPU time: %s', async (input) => {
    const { error, usage } = failureOf(await scene.run('way', { input, limits: { cpuMs: 100 } }), 'ERR_CPU_EXCEEDED');
    expect(error.details).toMatchObject({ quota: 'cpuMs', limit: 100 });
    expect(usage.cpuMs).toBeGreaterThanOrEqual(100);
  });

  it('does not count what passes while the guest waits', async () => {
    await scene.write({
      'plugin/waits.js': 'export const run = () => new Promise((resolve) => setTimeout(() => resolve(1), 400));',
    });
    const outcome = await scene.run('run', { file: 'waits.js', limits: { cpuMs: 350 } });
    expect(valueOf(outcome)).toBe(1);
    expect(outcome.usage.cpuMs).toBeLessThan(350);
  });

  it.each(['that is caught', 'of objects', 'of text', 'of timers and calls'])(
    'ends a guest out of memory %s',
    async (input) => {
      const { error, usage } = failureOf(
        await scene.run('hoards', { input, api: ['fs.readFile'], limits: { memoryMb: 32 } }),
        'ERR_MEMORY_EXCEEDED',
      );
      expect(error.details).toEqual({ quota: 'memoryMb', used: 32, limit: 32 });
      expect(usage.peakMemoryBytes).toBeLessThanOrEqual(32 * 1_048_576);
      expect(valueOf(await scene.run('fine'))).toBe('fine');
    },
  );

  it.each(['calls', 'eval', 'proxies', 'JSON', 'pattern', 'calls of the host', 'a promise of the host'])(
    'survives what goes too deep: %s',
    async (input) => {
      const outcome = await scene.run('dives', { input, api: ['fs.readFile'] });
      // An error of the guest's own, or the end of its run: never one of the host's.
      expect(outcome.ok ? outcome.value : outcome.error.code).toSatisfy((told) =>
        [true, 'ERR_HANDLER_FAILED'].includes(told),
      );
      expect(valueOf(await scene.run('fine'))).toBe('fine');
    },
  );

  it.each(['a length of 4 GiB', 'no length', 'a length that is off', 'one byte of JSON'])(
    'ends a guest that forges frames with %s',
    async (input) => {
      expect(failureOf(await scene.run('forges', { input }), 'ERR_PROTOCOL').guestError).toBeUndefined();
    },
  );

  it('ends a guest that writes other bytes than the wire does, or too many', async () => {
    failureOf(await scene.run('forgesBytes'), 'ERR_PROTOCOL');
    const outcome = await scene.run('sendsTooMuch');
    expect(outcome.ok ? 'ok' : outcome.error.code).toMatch(/^ERR_(?:PROTOCOL|MEMORY_EXCEEDED|HANDLER_FAILED)$/);
  });

  it.each(['floods', 'calls'])('holds back a guest that %s, and its host goes on', async (handler) => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const before = process.memoryUsage().rss;
    const outcome = await scene.run(handler, { api: ['fs.readFile'], limits: { timeoutMs: 1_000, memoryMb: 256 } });
    delay.disable();
    expect(outcome.ok ? 'ok' : outcome.error.code).toMatch(/^ERR_(?:TIMEOUT|OUTPUT_EXCEEDED)$/);
    // What is under way between the threads is some megabytes; the rest is the guest's own memory.
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576);
    expect(delay.percentile(50) / 1e6).toBeLessThan(50);
  });
});
