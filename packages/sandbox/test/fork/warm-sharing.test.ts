import { forkSandbox } from '@kb-labs/sandbox';
import { describe, expect, it } from 'vitest';
import { guestsOf, textOf, valueOf } from './fork-scene.js';
import type { RunOptions } from './fork-scene.js';
import { begin, plugin, poll, run, shared } from './warm-scene.js';
import type { BegunRun } from './warm-scene.js';

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

  it('end together where one uses more than it may, and are told how many they were', async () => {
    using folder = plugin();
    await using adapter = create();
    const options = { limits: { ...limits, cpuMs: 200 } };
    const waiting = await begin(adapter, folder, { export: 'waits', ...options });
    const spinning = await begin(adapter, folder, { export: 'spins', ...options });
    const expected = {
      code: 'ERR_CPU_EXCEEDED',
      details: { quota: 'cpuMs', runs: 2 },
      hint: expect.stringContaining('2 runs were in the process: leave reentrant out'),
    };
    for (const { done, place } of [waiting, spinning]) {
      expect((await done).outcome).toMatchObject({ ok: false, error: expected });
      await place[Symbol.asyncDispose]();
    }
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
