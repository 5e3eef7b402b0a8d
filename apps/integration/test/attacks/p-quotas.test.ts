import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { codeOf, dataOf, openArena, pluginFile } from './arena.js';

const MIB = 1024 * 1024;
const ODD = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, Number.MAX_SAFE_INTEGER + 1, -0.5, '1'];
const METERED = ['maxBytesWritten', 'maxHostCalls', 'maxEvents', 'maxArtifactBytes', 'maxCommands'] as const;

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`quotas${place.notRun}`, () => {
    const arena = openArena(place, 'p');
    const out = (): string => join(arena.scene().root, 'out');
    const writing = (quotas: Record<string, number>) => ({
      capabilities: ['fs.write'],
      permissions: { fs: { mode: 'readWrite' as const, allow: ['.'] }, quotas },
    });
    beforeEach(async () => {
      await rm(out(), { recursive: true, force: true });
      await mkdir(out(), { recursive: true });
    });

    async function written(): Promise<number> {
      const sizes = (await readdir(out())).map(async (name) => (await stat(join(out(), name))).size);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    }

    it('P01 lets a hundred writes at once have ten MiB between them, none lost and none over', async () => {
      // Bytes are slow where they are interpreted: there it is the same number of writes, and a tenth of each.
      const scale = place.name === 'quickjs' ? 10 : 1;
      const [limit, bytes] = [(10 * MIB) / scale, 300_000 / scale];
      const grant = writing({ maxBytesWritten: limit, maxInFlight: 100 });
      const bout = await arena.run('writesMany', { count: 100, bytes }, grant);
      const codes = dataOf(bout);
      const fitting = Math.floor(limit / bytes);
      expect(Array.isArray(codes) && codes.filter((code) => code === 'ok')).toHaveLength(fitting);
      expect(new Set(Array.isArray(codes) ? codes : [])).toEqual(new Set(['ok', 'ERR_QUOTA_EXCEEDED']));
      expect(await written()).toBe(fitting * bytes);
      expect(bout.result.metrics.bytesWritten).toEqual({ used: fitting * bytes, limit });
    });

    it('P01 counts the same where entries are what is scarce', async () => {
      const bout = await arena.run('writesMany', { count: 50, bytes: 1 }, writing({ maxEntriesWritten: 7 }));
      const codes = dataOf(bout);
      expect(Array.isArray(codes) && codes.filter((code) => code === 'ok')).toHaveLength(7);
      expect(await readdir(out())).toHaveLength(7);
    });

    it('P02 takes nothing for what was refused, failed or aborted', async () => {
      const grant = writing({ maxBytesWritten: 1_000, maxEntriesWritten: 1 });
      const bout = await arena.run('failsThenWrites', { times: 25, bytes: 1_000 }, grant);
      expect(dataOf(bout)).toMatchObject({ after: ['ok'] });
      expect(bout.result.metrics.bytesWritten.used).toBe(1_000);
      expect(bout.result.metrics.entriesWritten.used).toBe(1);
      expect(await readdir(out())).toEqual(['last.txt']);
    });

    it('P04 gives each run of a plugin its own quotas, at the same time and one after the other', async () => {
      const grant = writing({ maxBytesWritten: 1_000 });
      const runs = [1, 2, 3].map(() => arena.run('writesMany', { count: 1, bytes: 1_000 }, grant));
      expect((await Promise.all(runs)).map(dataOf)).toEqual([['ok'], ['ok'], ['ok']]);
      expect(dataOf(await arena.run('writesMany', { count: 2, bytes: 600 }, grant))).toHaveLength(2);
    });

    it('P04 lets all runs of a plugin share its places', async () => {
      const { runtime, grant, events } = arena.scene();
      const context = grant({ pluginRoot: pluginFile('p', '.'), permissions: { quotas: { maxConcurrency: 1 } } });
      const before = events.length;
      const runs = [1, 2, 3].map((n) => runtime.execute('./handlers.js#returns', n, context));
      expect(await Promise.all(runs)).toMatchObject([{ data: 1 }, { data: 2 }, { data: 3 }]);
      const told = events
        .slice(before)
        .flatMap(({ type }) => (type === 'confined' ? [1] : type === 'execution-end' ? [-1] : []));
      expect(Math.max(...told.map((_, index) => told.slice(0, index + 1).reduce((sum, each) => sum + each, 0)))).toBe(
        1,
      );
    });

    it('P05 refuses quotas that are no numbers of anything', () => {
      const wrong = METERED.flatMap((name) =>
        ODD.map((value): object => ({ permissions: { quotas: { [name]: value } } })),
      );
      for (const options of wrong) {
        expect(() => arena.scene().grant(options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
      }
    });

    it('P05 refuses sizes and times in calls that are none', async () => {
      const capabilities = ['fs.read', 'events.subscribe', 'shell.run'];
      const permissions = { fs: { mode: 'read', allow: ['.'] }, events: { consume: ['**'] }, shell: { allow: [{ command: '/bin/true' }] } } as const; // prettier-ignore
      const sizes = ODD.filter((size) => typeof size === 'number');
      const bout = await arena.run('oddSizes', { sizes }, { capabilities, permissions });
      expect(dataOf(bout)).toEqual(['ERR_INVALID_ARGUMENT']);
    });

    it('P10 hands nothing of one run to the next: no global, no module, no cache', async () => {
      await arena.run('leavesMarks', { mark: 'of a tenant' });
      const next = await arena.run('leavesMarks', { mark: 'x' });
      // In the host's own process there is nothing to keep them apart, and it says so: every row of its confinement is `none`.
      const expected = place.name === 'in-process' ? ['of a tenant', 'of a tenant'] : [null, null];
      expect(dataOf(next)).toEqual(expected);
      Reflect.deleteProperty(globalThis, 'kbMark');
    });
  });

  describe.skipIf(!place.works)(`a full house${place.notRun}`, () => {
    const arena = openArena(place, 'p', { maxConcurrency: 1, maxQueued: 3 });
    const context = (id: string, quotas: Record<string, number> = {}, signal?: AbortSignal) =>
      arena.scene().grant({
        pluginRoot: pluginFile('p', '.'),
        plugin: { id, version: '1.0.0' },
        permissions: { quotas },
        ...(signal === undefined ? {} : { signal }),
      });
    const start = (...args: Parameters<typeof context>): Promise<ExecuteResult> =>
      arena.scene().runtime.execute('./handlers.js#waits', {}, context(...args));
    const started = (from: number): readonly string[] =>
      arena
        .scene()
        .events.slice(from)
        .flatMap((event) => (event.type === 'progress' ? [event.pluginId] : []));

    const asked = (from: number): number =>
      arena
        .scene()
        .events.slice(from)
        .filter((event) => event.type === 'stage-start' && event.stage === 'queue').length;

    it('P07 refuses at once what its queue has no room for, and P08 never starts what was cancelled there', async () => {
      const from = arena.scene().events.length;
      const [first, waiting] = [new AbortController(), new AbortController()];
      const running = start('one', {}, first.signal);
      await expect.poll(() => started(from), { timeout: 10_000, interval: 2 }).toEqual(['one']);
      const queued = ['one', 'one', 'one'].map((id) => start(id, {}, waiting.signal));
      // What is to be found out on the way there takes its time, and not in order.
      await expect.poll(() => asked(from), { timeout: 10_000, interval: 2 }).toBe(4);
      const late = performance.now();
      const refused = await start('one');
      expect(performance.now() - late).toBeLessThan(1_000);
      expect(refused).toMatchObject({ ok: false, error: { code: 'ERR_QUOTA_EXCEEDED', stage: 'queue', details: { quota: 'maxQueued', limit: 3 } }, confinement: undefined }); // prettier-ignore
      const thousand = await Promise.all(Array.from({ length: 1_000 }, () => start('one')));
      expect(new Set(thousand.map((result) => codeOf({ result })))).toEqual(new Set(['ERR_QUOTA_EXCEEDED']));
      waiting.abort();
      expect((await Promise.all(queued)).map((result) => codeOf({ result }))).toEqual(queued.map(() => 'ERR_ABORTED'));
      first.abort();
      expect(codeOf({ result: await running })).toBe('ERR_ABORTED');
      expect(started(from)).toEqual(['one']);
      expect(dataOf(await arena.run('returns', 1))).toBe(1);
    });

    it('P07 gives room in a full queue to a plugin that has less of it, and lets plugins take turns', async () => {
      const from = arena.scene().events.length;
      const first = new AbortController();
      const running = start('greedy', {}, first.signal);
      await expect.poll(() => started(from), { timeout: 10_000, interval: 2 }).toEqual(['greedy']);
      const short = { timeoutMs: 100, queueTimeoutMs: 20_000 };
      const greedy = [1, 2, 3].map(() => start('greedy', short));
      const modest = start('modest', short);
      await expect.poll(() => asked(from), { timeout: 10_000, interval: 2 }).toBe(5);
      first.abort();
      expect(codeOf({ result: await modest })).toBe('ERR_TIMEOUT');
      const codes = (await Promise.all(greedy)).map((result) => codeOf({ result }));
      expect(codes.toSorted()).toEqual(['ERR_QUOTA_EXCEEDED', 'ERR_TIMEOUT', 'ERR_TIMEOUT']);
      // Who was let in last waits for the others.
      expect(started(from)).toEqual(['greedy', 'greedy', 'modest', 'greedy']);
      await running;
    });

    it('P08 takes an execution out of the queue whose time there is over, and starts it never', async () => {
      const from = arena.scene().events.length;
      const first = new AbortController();
      const running = start('one', {}, first.signal);
      await expect.poll(() => started(from), { timeout: 10_000, interval: 2 }).toEqual(['one']);
      expect(await start('two', { queueTimeoutMs: 30 })).toMatchObject({
        ok: false,
        error: { code: 'ERR_QUEUE_TIMEOUT', stage: 'queue' },
      });
      first.abort();
      await running;
      expect(started(from)).toEqual(['one']);
    });
  });
});
