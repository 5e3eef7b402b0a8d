import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxIsolation, SandboxPlan } from '@kb-labs/contracts';
import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import type { ForkSandboxOptions } from '@kb-labs/sandbox';
import { describe, expect, it } from 'vitest';
import { guestsOf, isAlive, makePlugin, planFor, runIn, valueOf, ways } from './fork-scene.js';
import { alone, begin, plugin, poll, run, shared } from './warm-scene.js';

function listen(name: 'warning', listener: (warning: Error) => void): Disposable {
  process.on(name, listener);
  return { [Symbol.dispose]: () => process.off(name, listener) };
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

it('is refused by a sandbox that has none', async () => {
  using folder = plugin();
  await using adapter = inProcessSandbox();
  await expect(adapter.acquire(planFor(folder.root, { isolation: alone }))).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: 'the sandbox "in-process" has no isolation "plugin"',
  });
});
