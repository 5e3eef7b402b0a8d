import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Sandbox, SandboxPlan } from '@kb-labs/contracts';
import { forkSandbox } from '@kb-labs/sandbox';
import type { ForkSandboxOptions } from '@kb-labs/sandbox';
import { describe, expect, it } from 'vitest';
import {
  guestsOf,
  isAlive,
  makePlugin,
  planFor,
  runIn,
  runOnce,
  untilGone,
  untilSpare,
  valueOf,
  ways,
} from './fork-scene.js';
import type { PluginFolder } from './fork-scene.js';

const COUNTS = `
let count = 0;
export const handle = () => {
  count += 1;
  globalThis.seen = (globalThis.seen ?? 0) + 1;
  process.env.LEFT = (process.env.LEFT ?? '') + 'x';
  return [count, globalThis.seen, process.env.LEFT];
};`;

const poll = { timeout: 10_000, interval: 2 };

/** The processes of a plugin's guests, once there are as many as expected. */
async function untilGuests(plugin: PluginFolder, count: number): Promise<readonly number[]> {
  let guests: readonly number[] = [];
  const look = (): number => (guests = guestsOf(plugin.root)).length;
  await expect.poll(look, poll).toBe(count);
  return guests;
}

/** Runs once, and waits until a spare is ready for the next one. */
async function warmUp(adapter: ReturnType<typeof forkSandbox>, plan: SandboxPlan): Promise<Sandbox> {
  let place = await adapter.acquire(plan);
  while (place.coldStart) {
    const { root } = plan.plugin;
    const before = guestsOf(root);
    await runIn(place, root);
    await place[Symbol.asyncDispose]();
    await untilSpare(root, before);
    place = await adapter.acquire(plan);
  }
  return place;
}

const isLinux = process.platform === 'linux';

describe.runIf(isLinux).each(ways)('spare children, wall: $way', ({ way }) => {
  // One at a time, so that there is no doubt which one a run gets.
  const create = (options: ForkSandboxOptions = {}) => forkSandbox({ wall: way, maxSpares: 1, ...options });

  it('serve the next run of the same plugin, each but one, with nothing of the run before', async () => {
    using plugin = makePlugin({ 'main.mjs': COUNTS });
    await using adapter = create();
    await using first = await adapter.acquire(planFor(plugin.root));
    expect(first.coldStart).toBe(true);
    expect(valueOf(await runIn(first, plugin.root))).toEqual([1, 1, 'x']);
    for (let run = 0; run < 3; run += 1) {
      await using next = await warmUp(adapter, planFor(plugin.root));
      expect(next.coldStart).toBe(false);
      expect(valueOf(await runIn(next, plugin.root))).toEqual([1, 1, 'x']);
    }
  });

  it.each<[string, (plan: SandboxPlan) => SandboxPlan]>([
    ['another policy', (plan) => ({ ...plan, policyDigest: 'other' })],
    ['other variables', (plan) => ({ ...plan, env: { GIVEN: '2' } })],
    ['another version', (plan) => ({ ...plan, plugin: { ...plan.plugin, version: '2.0.0' } })],
    ['another plugin in the same folder', (plan) => ({ ...plan, plugin: { ...plan.plugin, id: 'other' } })],
    ['more memory', (plan) => ({ ...plan, limits: { ...plan.limits, memoryMb: plan.limits.memoryMb + 1 } })],
  ])('are not given to %s', async (_, change) => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => process.env.GIVEN;' });
    await using adapter = create();
    const plan = planFor(plugin.root, { env: { GIVEN: '1' } });
    await (await warmUp(adapter, plan))[Symbol.asyncDispose]();
    await using other = await adapter.acquire(change(plan));
    expect(other.coldStart).toBe(true);
    expect(valueOf(await runIn(other, plugin.root))).toBe(change(plan).env['GIVEN']);
    await using same = await warmUp(adapter, plan);
    expect(valueOf(await runIn(same, plugin.root))).toBe('1');
  });

  it('are not asked to do what a place was told that is closed', async () => {
    // Too slow for the one that is ended.
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 100));';
    using plugin = makePlugin({
      'main.mjs': `export const handle = async (_, ctx) => { ${slow} ctx.log.info('ran'); };`,
    });
    await using adapter = create();
    for (let round = 0; round < 3; round += 1) {
      const place = await warmUp(adapter, planFor(plugin.root));
      const running = runIn(place, plugin.root);
      const closed = place[Symbol.asyncDispose]();
      // Its process is dead before anybody here looks again.
      for (const end = performance.now() + 50; performance.now() < end;);
      await closed;
      const { outcome, notes } = await running;
      expect({ ok: outcome.ok, notes }).toEqual({ ok: false, notes: [] });
    }
  });

  it('are given back once, and are nothing to a place that has done so', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = (_, ctx) => ctx.test.wait();' });
    await using adapter = create();
    const plan = planFor(plugin.root);
    const closed = await warmUp(adapter, plan);
    await closed[Symbol.asyncDispose]();
    await using next = await adapter.acquire(plan);
    expect(next.coldStart).toBe(false);
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const answer = (): Promise<string> => {
      asked.resolve();
      return answered.promise;
    };
    const run = runIn(next, plugin.root, { api: ['test.wait'], answer });
    await asked.promise;
    await closed[Symbol.asyncDispose]();
    const late = await runIn(closed, plugin.root, { api: ['test.wait'] });
    expect(late.outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } });
    answered.resolve('its own');
    expect(valueOf(await run)).toBe('its own');
  });

  it('have the times of the run that they get, not of the one before', async () => {
    using plugin = makePlugin({
      'main.mjs': 'export const handle = (wait) => wait && new Promise(() => setInterval(() => {}, 1e3));',
    });
    await using adapter = create();
    await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
    const plan = planFor(plugin.root, { limits: { timeoutMs: 100 } });
    await using place = await adapter.acquire(plan);
    expect(place.coldStart).toBe(false);
    const { outcome } = await runIn(place, plugin.root, { input: true });
    expect(outcome).toMatchObject({ error: { code: 'ERR_TIMEOUT', details: { limitMs: 100 } } });
  });

  it.skipIf(availableParallelism() === 1)('meet runs that never rest (where there is a second processor)', async () => {
    using plugin = makePlugin({ 'main.mjs': COUNTS });
    await using adapter = create();
    let met = 0;
    for (let run = 0; run < 200 && met < 3; run += 1) {
      await using place = await adapter.acquire(planFor(plugin.root));
      await runIn(place, plugin.root);
      if (!place.coldStart) met += 1;
    }
    expect(met).toBe(3);
  });

  it('lose no run where they die between the moment that they are taken and the run, and all of it is over by then', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = (input) => input;' });
    await using adapter = create();
    await using place = await warmUp(adapter, planFor(plugin.root));
    const guests = guestsOf(plugin.root);
    for (const pid of guests) process.kill(pid, 'SIGKILL');
    await Promise.all(guests.map(untilGone));
    // The host hears of the end of a channel in a later turn of its loop.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(valueOf(await runIn(place, plugin.root, { input: 3 }))).toBe(3);
  });

  it('are replaced when they are killed while nobody uses them', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = (input) => input;' });
    await using adapter = create();
    await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
    const [spare = 0] = await untilGuests(plugin, 1);
    process.kill(spare, 'SIGKILL');
    await expect.poll(() => guestsOf(plugin.root).some((pid) => pid !== spare), poll).toBe(true);
    await using place = await warmUp(adapter, planFor(plugin.root));
    expect(valueOf(await runIn(place, plugin.root, { input: 1 }))).toBe(1);
  });

  it('lose no run when they are killed just before, or while, they are taken', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = (input) => input;' });
    await using adapter = create();
    for (const moment of ['before acquire', 'before run', 'after run'] as const) {
      await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
      const [spare = 0] = await untilGuests(plugin, 1);
      // It cannot read, so that what it is sent is there when it dies.
      process.kill(spare, 'SIGSTOP');
      if (moment === 'before acquire') process.kill(spare, 'SIGKILL');
      await using place = await adapter.acquire(planFor(plugin.root));
      expect(place.coldStart).toBe(false);
      if (moment === 'before run') process.kill(spare, 'SIGKILL');
      const run = runIn(place, plugin.root, { input: moment });
      if (moment === 'after run') setImmediate(() => process.kill(spare, 'SIGKILL'));
      expect(valueOf(await run)).toBe(moment);
    }
  });

  it('are no second chance for a guest that ends itself', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => process.kill ? process.reallyExit(3) : 0;' });
    await using adapter = create();
    await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
    const { outcome } = await runOnce(adapter, plugin.root);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 3 } } });
  });

  it('end when nobody needs them for idleMs, and with their adapter', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    await using adapter = create({ idleMs: 400 });
    await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
    await untilGuests(plugin, 0);
    await using other = create();
    await (await warmUp(other, planFor(plugin.root)))[Symbol.asyncDispose]();
    const spares = await untilGuests(plugin, 1);
    await other[Symbol.asyncDispose]();
    expect(spares.map(isAlive)).toEqual([false]);
  });

  it('are not kept for what ran once', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    await using adapter = create();
    for (const id of ['a', 'b', 'c']) {
      await using place = await adapter.acquire({ ...planFor(plugin.root), policyDigest: id });
      expect(valueOf(await runIn(place, plugin.root))).toBe(1);
    }
    await (await warmUp(adapter, planFor(plugin.root)))[Symbol.asyncDispose]();
    expect(await untilGuests(plugin, 1)).toHaveLength(1);
  });

  it('are more where runs come faster, up to maxSpares', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    await using adapter = create({ maxSpares: 3 });
    for (let run = 0; run < 40; run += 1) await (await adapter.acquire(planFor(plugin.root)))[Symbol.asyncDispose]();
    expect(await untilGuests(plugin, 3)).toHaveLength(3);
  });

  it('are not there with spares: 0', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    await using adapter = create({ spares: 0, maxSpares: 0 });
    for (let run = 0; run < 3; run += 1) {
      await using place = await adapter.acquire(planFor(plugin.root));
      expect(place.coldStart).toBe(true);
      expect(valueOf(await runIn(place, plugin.root))).toBe(1);
    }
    await untilGuests(plugin, 0);
  });

  it('are read as they are: no memory of the host, no variables, nothing open but the channel', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => ({ ...process.env });' });
    await using adapter = create();
    await using place = await warmUp(adapter, planFor(plugin.root));
    const [spare = 0] = guestsOf(plugin.root);
    expect(readFileSync(`/proc/${spare}/environ`, 'latin1').split('\0').filter(Boolean)).toEqual(
      way === 'off' ? [] : [`PWD=${plugin.root}`],
    );
    expect(valueOf(await runIn(place, plugin.root))).toEqual({});
  });
});

describe.runIf(isLinux)('no more children than maxChildren', () => {
  const WAITS = 'export const handle = (_, ctx) => ctx.test.wait();';

  it('lets runs wait, plugins take turns, and a spare of another plugin go', async () => {
    using one = makePlugin({ 'main.mjs': WAITS });
    await using adapter = forkSandbox({ wall: 'off', maxChildren: 1, maxQueued: 4 });
    const order: string[] = [];
    const planOf = (id: string) => ({ ...planFor(one.root), plugin: { id, version: '1.0.0', root: one.root } });
    const first = await adapter.acquire(planOf('a'));
    const start = async (id: string): Promise<void> => {
      await using place = await adapter.acquire(planOf(id));
      order.push(id);
      expect(guestsOf(one.root)).toHaveLength(1);
      await runIn(place, one.root, { api: ['test.wait'] });
    };
    const waiting = ['a', 'a', 'a', 'b'].map(start);
    await expect(adapter.acquire(planOf('a'))).rejects.toMatchObject({
      code: 'ERR_QUOTA_EXCEEDED',
      details: { quota: 'maxQueued', limit: 4 },
    });
    // One that has less in the line takes the last place of one that has more.
    const modest = start('c');
    await expect(Promise.race(waiting)).rejects.toMatchObject({ code: 'ERR_QUOTA_EXCEEDED' });
    await first[Symbol.asyncDispose]();
    await Promise.allSettled([...waiting, modest]);
    expect(order).toEqual(['a', 'b', 'c', 'a']);
  });

  it('lets nobody wait longer than queueTimeoutMs, or than its signal', async () => {
    using plugin = makePlugin({ 'main.mjs': WAITS });
    await using adapter = forkSandbox({ wall: 'off', maxChildren: 1, queueTimeoutMs: 60 });
    await using _first = await adapter.acquire(planFor(plugin.root));
    await expect(adapter.acquire(planFor(plugin.root))).rejects.toMatchObject({
      code: 'ERR_QUEUE_TIMEOUT',
      details: { elapsedMs: expect.toSatisfy((ms: number) => ms >= 59), limitMs: 60 },
    });
    const controller = new AbortController();
    const waiting = adapter.acquire({ ...planFor(plugin.root), signal: controller.signal });
    setImmediate(() => controller.abort(new Error('the caller left')));
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('calls off those that wait when the adapter is disposed of', async () => {
    using plugin = makePlugin({ 'main.mjs': WAITS });
    const adapter = forkSandbox({ wall: 'off', maxChildren: 1 });
    await adapter.acquire(planFor(plugin.root));
    const waiting = adapter.acquire(planFor(plugin.root));
    await Promise.all([adapter[Symbol.asyncDispose](), expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' })]);
    expect(guestsOf(plugin.root)).toEqual([]);
  });
});

describe('the options of forkSandbox', () => {
  it('are spares that follow maxSpares, and the other way round, where one alone is said', async () => {
    await using none = forkSandbox({ maxSpares: 0 });
    await using many = forkSandbox({ spares: 9 });
    expect([none.name, many.name]).toEqual(['fork', 'fork']);
  });

  it.each<[object, RegExp]>([
    [{ spare: 1 }, /no option "spare"/],
    [{ spares: -1 }, /spares is a whole number from 0/],
    [{ spares: 1.5 }, /spares is a whole number/],
    [{ spares: '1' }, /spares is a whole number/],
    [{ spares: 9, maxSpares: 8 }, /maxSpares is 8, less than spares/],
    [{ maxChildren: 0 }, /maxChildren is a whole number from 1/],
    [{ idleMs: 0 }, /idleMs is a whole number from 1/],
    [{ queueTimeoutMs: Number.NaN }, /queueTimeoutMs is a whole number/],
    [{ maxQueued: Number.POSITIVE_INFINITY }, /maxQueued is a whole number/],
  ])('%j are refused', (options, message) => {
    expect(() => forkSandbox(options as ForkSandboxOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
