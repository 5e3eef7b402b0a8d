import type { SandboxIsolation } from '@kb-labs/contracts';
import { forkSandbox } from '@kb-labs/sandbox';
import type { ForkSandboxOptions } from '@kb-labs/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { guestsOf, planFor, runIn, valueOf } from './fork-scene.js';
import { alone, begin, plugin, poll, run, shared } from './warm-scene.js';

describe.runIf(process.platform === 'linux')('a guest that stays', () => {
  const create = (options: ForkSandboxOptions = {}) => forkSandbox({ wall: 'off', ...options });

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
});
