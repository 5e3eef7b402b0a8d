import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuestNote, Sandbox, SandboxAdapter, SandboxIsolation, SandboxPlan } from '@kb-labs/contracts';
import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import type { ForkSandboxOptions } from '@kb-labs/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { isNearEnd } from '../../src/fork/warm-child.js';
import { guestsOf, isAlive, makePlugin, planFor, runIn, runOnce, textOf, valueOf, ways } from './fork-scene.js';
import type { GuestRun, PluginFolder, RunOptions } from './fork-scene.js';

const poll = { timeout: 10_000, interval: 2 };
const alone: SandboxIsolation = { kind: 'plugin', tenant: 'one', reentrant: false };
const shared: SandboxIsolation = { ...alone, reentrant: true };

const PLUGIN = `
let count = 0;
const waiting = [];
const id = String(Math.random());
export const me = () => id;
export const counts = () => [id, (count += 1)];
export const timer = () => void setTimeout(() => {}, 1e6);
export const timeless = () => void setTimeout(() => { for (;;); }, 20).unref();
export const fails = () => { throw new Error('no'); };
export const spins = () => { console.log(id); for (;;); };
export const dies = () => process.reallyExit(3);
export const holds = () => void (globalThis.held = Buffer.alloc(90e6, 1));
export const says = async (text, ctx) => {
  console.log('first', text);
  await new Promise((resolve) => waiting.push(resolve));
  console.log('second', text);
  process.stdout.write('third ' + text);
  return [id, text, await ctx.fs.readFile(text)];
};
export const opens = () => { for (const resolve of waiting.splice(0)) resolve(); return id; };
export const waits = async (_, ctx) => {
  console.log(id);
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
};
export const ignores = () => { console.log(id); return new Promise(() => setInterval(() => {}, 1e3)); };
`;
const plugin = (): PluginFolder => makePlugin({ 'main.mjs': PLUGIN });

async function run(adapter: SandboxAdapter, { root }: PluginFolder, options: RunOptions = {}): Promise<GuestRun> {
  return await runOnce(adapter, root, { isolation: alone, ...options });
}

/** Begins a run, and tells when its handler has said something. */
async function begin(adapter: SandboxAdapter, { root }: PluginFolder, options: RunOptions): Promise<BegunRun> {
  const place = await adapter.acquire(planFor(root, { isolation: shared, ...options }));
  const heard = Promise.withResolvers<string>();
  const onNote = (note: GuestNote): void => (note.kind === 'log' ? heard.resolve(note.text) : undefined);
  const done = runIn(place, root, { ...options, onNote });
  return { place, done, said: await heard.promise };
}

function listen(name: 'warning', listener: (warning: Error) => void): Disposable {
  process.on(name, listener);
  return { [Symbol.dispose]: () => process.off(name, listener) };
}

interface WearFacts {
  readonly runs: number;
  readonly ageMs: number;
}

interface BegunRun {
  readonly place: Sandbox;
  readonly done: Promise<GuestRun>;
  readonly said: string;
}

describe.runIf(process.platform === 'linux').each(ways)('a guest that stays, wall: $way', ({ way }) => {
  const create = (options: ForkSandboxOptions = {}) => forkSandbox({ wall: way, ...options });

  it('serves one run after the other, and tells that it was there already', async () => {
    using folder = plugin();
    await using adapter = create();
    const warnings: Error[] = [];
    using _listening = listen('warning', (warning: Error) => warnings.push(warning));
    for (let done = 1; done <= 24; done += 1) {
      await using place = await adapter.acquire(planFor(folder.root, { isolation: alone }));
      expect(place.coldStart).toBe(done === 1);
      expect(valueOf(await runIn(place, folder.root, { export: 'counts' }))).toEqual([expect.any(String), done]);
    }
    expect(guestsOf(folder.root)).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it.each(['another folder takes its name', 'its package.json changes'])(
    'does not serve another handler of a plugin where %s',
    async (how) => {
      const text = (age: string): string => `export const me = () => '${age}';`;
      using folder = makePlugin({ 'main.mjs': text('old'), 'other.mjs': text('old') });
      await using adapter = create();
      await using _first = await adapter.acquire(planFor(folder.root, { isolation: alone }));
      valueOf(await run(adapter, folder, { export: 'me' }));
      if (how.startsWith('another')) {
        renameSync(folder.root, `${folder.root} before`);
        mkdirSync(folder.root);
      }
      for (const file of ['main.mjs', 'other.mjs', 'package.json'])
        writeFileSync(join(folder.root, file), file === 'package.json' ? '{}' : text('new'));
      const { outcome } = await run(adapter, folder, { export: 'me', file: 'other.mjs' });
      expect(outcome).toMatchObject({ ok: true, value: 'new' });
    },
  );
});

describe.runIf(process.platform === 'linux')('a guest that stays', () => {
  const create = (options: ForkSandboxOptions = {}) => forkSandbox({ wall: 'off', ...options });

  it.each<[string, Partial<SandboxPlan>]>([
    ['another policy', { policyDigest: 'other' }],
    ['another tenant', { isolation: { ...alone, tenant: 'two' } }],
    ['another plugin', { plugin: { id: 'other', version: '1.0.0', root: '' } }],
    ['another version', { plugin: { id: 'test-plugin', version: '2.0.0', root: '' } }],
    ['other variables', { env: { A: 'b' } }],
    ['a run that wants a guest of its own', { isolation: { kind: 'execution' } }],
  ])('does not serve %s', async (_, other) => {
    using folder = plugin();
    await using adapter = create();
    const first = valueOf(await run(adapter, folder, { export: 'counts' }));
    const { root } = folder;
    const plan = planFor(root, { isolation: alone });
    const theirs = { ...plan, ...other, plugin: { ...plan.plugin, ...other.plugin, root } };
    await using place = await adapter.acquire(theirs);
    expect(place.coldStart).toBe(true);
    const second = valueOf(await runIn(place, root, { export: 'counts' }));
    expect([first, second]).toEqual([
      [expect.any(String), 1],
      [expect.any(String), 1],
    ]);
  });

  it('does not serve a run that is lent other functions', async () => {
    using folder = plugin();
    await using adapter = create();
    const more = { export: 'counts', api: ['fs.readFile'] };
    expect(valueOf(await run(adapter, folder, { export: 'counts' }))).toMatchObject({ 1: 1 });
    expect(valueOf(await run(adapter, folder, more))).toMatchObject({ 1: 1 });
    expect(valueOf(await run(adapter, folder, more))).toMatchObject({ 1: 2 });
    expect(valueOf(await run(adapter, folder, { export: 'counts' }))).toMatchObject({ 1: 2 });
  });

  it('does not serve a plugin whose files are other ones', async () => {
    using folder = plugin();
    await using adapter = create();
    valueOf(await run(adapter, folder, { export: 'me' }));
    writeFileSync(join(folder.root, 'main.mjs'), "export const me = () => 'new';");
    const found = async (): Promise<unknown> => valueOf(await run(adapter, folder, { export: 'me' }));
    await expect.poll(found, poll).toBe('new');
  });

  it.each<[string, boolean]>([
    ['counts', true],
    ['fails', true],
    ['missing', false],
    ['timer', false],
    ['timeless', false],
    ['spins', false],
    ['dies', false],
    ['holds', false],
    ['ignores', false],
  ])('after %s is used again: %s', async (name, isUsedAgain) => {
    using folder = plugin();
    await using adapter = create();
    const limits = { timeoutMs: name === 'spins' || name === 'ignores' ? 300 : 10_000 };
    const before = valueOf(await run(adapter, folder, { export: 'counts' }));
    await run(adapter, folder, { export: name, limits });
    // It goes on, or is gone.
    const left = (): number => guestsOf(folder.root).length;
    await expect.poll(left, poll).toBe(isUsedAgain ? 1 : 0);
    const after = valueOf(await run(adapter, folder, { export: 'counts' }));
    expect([before, after]).toEqual([
      [expect.any(String), 1],
      [expect.any(String), isUsedAgain ? (name === 'counts' ? 3 : 2) : 1],
    ]);
  });

  it('has a process for each run of a plugin that is not re-entrant', async () => {
    using folder = plugin();
    await using adapter = create();
    const controller = new AbortController();
    const first = await begin(adapter, folder, { export: 'waits', isolation: alone, signal: controller.signal });
    const second = valueOf(await run(adapter, folder, { export: 'counts' }));
    expect(second).not.toMatchObject([first.said]);
    controller.abort();
    expect((await first.done).outcome).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    await first.place[Symbol.asyncDispose]();
    expect(guestsOf(folder.root)).toHaveLength(2);
  });

  it('that is killed while it is idle, or just before a run, loses none', async () => {
    using folder = plugin();
    await using adapter = create();
    for (const moment of ['idle', 'before run', 'after run'] as const) {
      valueOf(await run(adapter, folder, { export: 'me' }));
      const [guest = 0] = guestsOf(folder.root);
      process.kill(guest, 'SIGSTOP');
      if (moment === 'idle') process.kill(guest, 'SIGKILL');
      await using place = await adapter.acquire(planFor(folder.root, { isolation: alone }));
      if (moment === 'before run') process.kill(guest, 'SIGKILL');
      const done = runIn(place, folder.root, { export: 'counts' });
      if (moment === 'after run') setImmediate(() => process.kill(guest, 'SIGKILL'));
      expect(valueOf(await done)).toMatchObject({ 1: 1 });
    }
  });

  it('that takes a piece of a run, works and ends has no CPU time again in the next process', async () => {
    using folder = makePlugin({
      'main.mjs': `
        import { readSync } from 'node:fs';
        const cell = new Int32Array(new SharedArrayBuffer(4));
        const isThere = () => { try { return readSync(3, new Uint8Array(100), 0, 100) > 0; } catch { return false; } };
        const lieInWait = () => {
          while (!isThere()) Atomics.wait(cell, 0, 0, 10);
          const { user } = process.cpuUsage();
          while (process.cpuUsage().user - user < 150_000);
          process.reallyExit(3);
        };
        export const handle = () => { setTimeout(lieInWait, 10).unref(); return 'well'; };`,
    });
    await using adapter = create();
    const ends: unknown[] = [];
    // The rest of it stays unread.
    const input = new Uint8Array(900_000);
    for (let tried = 0; tried < 8 && ends.at(-1) !== 'ERR_SANDBOX_CRASHED'; tried += 1) {
      const { outcome } = await run(adapter, folder, { input });
      ends.push(outcome.ok ? outcome.value : outcome.error.code);
      // Where it did not lie in wait yet, the next try finds it so.
      await delay(60 * (tried + 1));
    }
    expect(ends).toContain('ERR_SANDBOX_CRASHED');
  });

  it.each<[string, ForkSandboxOptions]>([
    ['maxRuns', { maxRuns: 2 }],
    ['maxAgeMs', { maxAgeMs: 1 }],
    ['idleMs', { idleMs: 1 }],
  ])('ends by %s', async (_, options) => {
    using folder = plugin();
    await using adapter = create(options);
    for (let done = 0; done < 2; done += 1) valueOf(await run(adapter, folder, { export: 'me' }));
    await expect.poll(() => guestsOf(folder.root), poll).toEqual([]);
  });

  it.each<[string, SandboxIsolation]>([
    ['alone', alone],
    ['shared', shared],
  ])('is followed by one that was started before it had served its time, isolation: %s', async (_, isolation) => {
    using folder = plugin();
    await using adapter = create({ maxRuns: 60 });
    const seen: [string, boolean][] = [];
    for (let done = 0; done < 62; done += 1) {
      await using place = await adapter.acquire(planFor(folder.root, { isolation }));
      const [id] = valueOf(await runIn(place, folder.root, { export: 'counts' })) as [string];
      seen.push([id, place.coldStart]);
      // The one that follows gets no run before.
      if (done === 58) await vi.waitUntil(() => guestsOf(folder.root).length === 2, poll);
    }
    const [first] = seen[0] ?? [];
    expect(seen.map(([id, isCold]) => [id === first, isCold])).toEqual(
      seen.map((__, index) => [index < 60, index === 0]),
    );
    await expect.poll(() => guestsOf(folder.root).length, poll).toBe(1);
  });

  it('shares the runs of a re-entrant plugin with the one that follows, rather than with a third', async () => {
    using folder = plugin();
    await using adapter = create({ maxRuns: 100 });
    const me = async (): Promise<unknown> => valueOf(await run(adapter, folder, { export: 'me', isolation: shared }));
    for (let done = 0; done < 90; done += 1) await me();
    await vi.waitUntil(() => guestsOf(folder.root).length === 2, poll);
    const controller = new AbortController();
    const options = { export: 'waits', signal: controller.signal };
    const runs = [await begin(adapter, folder, options), await begin(adapter, folder, options)];
    // Once it is ready.
    await expect.poll(me, poll).not.toBe(runs[0]?.said);
    expect(guestsOf(folder.root)).toHaveLength(2);
    controller.abort();
    for (const { done, place } of runs) {
      await done;
      await place[Symbol.asyncDispose]();
    }
  });

  it.each<[string, ForkSandboxOptions]>([
    ['no spares', { spares: 0 }],
    ['place for one process', { maxChildren: 1 }],
    ['place for one that is idle', { maxSpares: 1 }],
  ])('is followed by one that is started when it has, with %s', async (_, options) => {
    using folder = plugin();
    await using adapter = create({ maxRuns: 60, ...options });
    const cold: boolean[] = [];
    for (let done = 0; done < 61; done += 1) {
      await using place = await adapter.acquire(planFor(folder.root, { isolation: alone }));
      valueOf(await runIn(place, folder.root, { export: 'counts' }));
      cold.push(place.coldStart);
    }
    expect(cold.flatMap((isCold, index) => (isCold ? [index] : []))).toEqual([0, 60]);
  });

  it.each<[string, WearFacts, boolean]>([
    ['that has just begun', { runs: 60, ageMs: 60 }, false],
    ['with half of its runs behind it, where they come fast', { runs: 500, ageMs: 400 }, true],
    ['with half of its runs behind it, where they come slowly', { runs: 500, ageMs: 50_000 }, false],
    ['with one run left, where one comes each second', { runs: 999, ageMs: 999_000 }, false],
    ['that is old, and has many runs left', { runs: 400, ageMs: 9_800 }, true],
    ['that is old, and has served few', { runs: 40, ageMs: 9_800 }, false],
  ])('is near its end: %s', (_, { runs, ageMs }, isNear) => {
    const maxAgeMs = runs === 400 || runs === 40 ? 10_000 : 600_000_000;
    expect(isNearEnd({ bornAt: 5, runs }, ageMs + 5, { maxRuns: 1_000, maxAgeMs })).toBe(isNear);
  });

  it('that is idle makes room for a run of another plugin, and ends with its adapter', async () => {
    using first = plugin();
    using second = plugin();
    await using adapter = create({ maxChildren: 1 });
    valueOf(await run(adapter, first, { export: 'me' }));
    valueOf(await run(adapter, second, { export: 'me' }));
    expect(guestsOf(first.root)).toEqual([]);
    const [guest = 0] = guestsOf(second.root);
    await adapter[Symbol.asyncDispose]();
    expect(isAlive(guest)).toBe(false);
  });

  it.each<[string, string, SandboxIsolation]>([
    ['another plugin', 'other', alone],
    ['the same plugin', 'test-plugin', alone],
    ['another plugin, while runs overlap', 'other', shared],
  ])('makes room for a run of %s that waits, once its own is over', async (_, id, isolation) => {
    using folder = plugin();
    await using adapter = create({ maxChildren: 1 });
    const controller = new AbortController();
    const options = { export: 'waits', isolation, signal: controller.signal };
    const first = await begin(adapter, folder, options);
    const second = isolation === shared ? await begin(adapter, folder, options) : undefined;
    const plan = planFor(folder.root, { isolation });
    const waiting = adapter.acquire({ ...plan, plugin: { ...plan.plugin, id } });
    // One more of the first plugin, which comes later and gets no place before.
    const late = isolation === shared ? adapter.acquire(plan) : undefined;
    controller.abort();
    for (const begun of [first, second]) {
      await begun?.done;
      await begun?.place[Symbol.asyncDispose]();
    }
    const place = await waiting;
    expect(valueOf(await runIn(place, folder.root, { export: 'counts' }))).toMatchObject({ 1: 1 });
    await place[Symbol.asyncDispose]();
    await (await late)?.[Symbol.asyncDispose]();
  });

  it('ends where its run is left by its place', async () => {
    using folder = plugin();
    await using adapter = create();
    const left = await begin(adapter, folder, { export: 'ignores', isolation: alone });
    await left.place[Symbol.asyncDispose]();
    expect((await left.done).outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } });
    await expect.poll(() => guestsOf(folder.root), poll).toEqual([]);
    // One that has read nothing of its run yet: no other process gets it.
    valueOf(await run(adapter, folder, { export: 'me' }));
    const place = await adapter.acquire(planFor(folder.root, { isolation: alone }));
    process.kill(guestsOf(folder.root)[0] ?? 0, 'SIGSTOP');
    const unread = runIn(place, folder.root, { export: 'me' });
    await place[Symbol.asyncDispose]();
    expect((await unread).outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } });
    await expect.poll(() => guestsOf(folder.root), poll).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('runs of a re-entrant plugin in one guest', () => {
  const limits = { graceMs: 100 };
  // One child until a second one is started for the processor that is left.
  const create = () => forkSandbox({ wall: 'off', maxChildren: 1 });

  it('each have their own words, calls and results', async () => {
    using folder = plugin();
    await using adapter = create();
    const texts = ['a', 'b', 'c'];
    const options = (text: string): RunOptions => ({
      export: 'says',
      input: text,
      api: ['fs.readFile'],
      answer: (_, [path]) => Promise.resolve(`read ${String(path)} for ${text}`),
    });
    const runs: BegunRun[] = [];
    for (const text of texts) runs.push(await begin(adapter, folder, options(text)));
    await run(adapter, folder, { ...options(''), export: 'opens', isolation: shared });
    const ended = await Promise.all(runs.map(({ done }) => done));
    const [guest] = ended.map(valueOf) as [[string]];
    expect(ended.map(valueOf)).toEqual(texts.map((text) => [guest[0], text, `read ${text} for ${text}`]));
    expect(ended.map(({ notes }) => textOf(notes))).toEqual(
      texts.map((text) => [
        `console info: first ${text}`,
        `console info: second ${text}`,
        `stdout info: third ${text}`,
      ]),
    );
    for (const { place } of runs) await place[Symbol.asyncDispose]();
    expect(guestsOf(folder.root)).toHaveLength(1);
  });

  it('wait for the one process that is being started', async () => {
    using folder = plugin();
    await using adapter = forkSandbox({ wall: 'off', maxChildren: 1, queueTimeoutMs: 1 });
    const ids = await Promise.all(
      ['a', 'b', 'c', 'd'].map(() => run(adapter, folder, { export: 'me', isolation: shared })),
    );
    expect(new Set(ids.map(valueOf)).size).toBe(1);
  });

  it('are not disturbed by one that is called off and obeys, or whose place is closed', async () => {
    using folder = plugin();
    await using adapter = create();
    const controller = new AbortController();
    const first = await begin(adapter, folder, { export: 'waits', limits });
    const second = await begin(adapter, folder, { export: 'waits', limits, signal: controller.signal });
    const third = await begin(adapter, folder, { export: 'waits', limits });
    controller.abort(new Error('enough'));
    expect((await second.done).outcome).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    await second.place[Symbol.asyncDispose]();
    await third.place[Symbol.asyncDispose]();
    expect((await third.done).outcome).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    expect(guestsOf(folder.root)).toHaveLength(1);
    expect(valueOf(await run(adapter, folder, { export: 'me', isolation: shared, limits }))).toBe(first.said);
    await first.place[Symbol.asyncDispose]();
  });

  it('go on beside one that does not stop when it is called off, and no further run joins them', async () => {
    using folder = plugin();
    await using adapter = forkSandbox({ wall: 'off' });
    const controller = new AbortController();
    const first = await begin(adapter, folder, { export: 'says', input: 'a', api: ['fs.readFile'], limits });
    const second = await begin(adapter, folder, {
      export: 'ignores',
      api: ['fs.readFile'],
      limits,
      signal: controller.signal,
    });
    controller.abort();
    expect((await second.done).outcome).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    await second.place[Symbol.asyncDispose]();
    const later = valueOf(
      await run(adapter, folder, { export: 'counts', api: ['fs.readFile'], isolation: shared, limits }),
    );
    expect(later).toEqual([expect.not.stringContaining(second.said), 1]);
    await first.place[Symbol.asyncDispose]();
    const message = 'the place was closed before the run was over';
    expect((await first.done).outcome).toMatchObject({ error: { code: 'ERR_SANDBOX_CRASHED', message } });
    await expect.poll(() => guestsOf(folder.root), poll).toHaveLength(1);
  });

  it.each<[string, RunOptions, object, string]>([
    [
      'its time is up',
      { limits: { ...limits, timeoutMs: 300 } },
      { code: 'ERR_TIMEOUT', details: { limitMs: 300 } },
      'the handler ran longer than 300 ms',
    ],
    ['it is called off', { limits }, { code: 'ERR_ABORTED' }, 'it was called off, and did not stop'],
  ])('end with one that holds all up when %s, and are told why', async (_, options, error, why) => {
    using folder = plugin();
    await using adapter = create();
    const controller = new AbortController();
    const innocent = await begin(adapter, folder, { export: 'waits', limits });
    const guilty = await begin(adapter, folder, { export: 'spins', signal: controller.signal, ...options });
    if (options.limits === limits) controller.abort(new Error('a secret of its caller'));
    expect((await guilty.done).outcome).toMatchObject({ ok: false, error });
    const { outcome } = await innocent.done;
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'ERR_SANDBOX_CRASHED', retryable: true, message: expect.stringContaining(why) },
    });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    await innocent.place[Symbol.asyncDispose]();
    await guilty.place[Symbol.asyncDispose]();
    expect(valueOf(await run(adapter, folder, { export: 'counts', isolation: shared, limits }))).toMatchObject({
      1: 1,
    });
  });
});

it('is refused by a sandbox that has none', async () => {
  using folder = plugin();
  await using adapter = inProcessSandbox();
  await expect(adapter.acquire(planFor(folder.root, { isolation: alone }))).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: 'the sandbox "in-process" has no isolation "plugin"',
  });
});
