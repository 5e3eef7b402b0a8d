import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { codeOf, dataOf, failureOf, openArena } from './arena.js';
import type { Arena } from './arena.js';
import { longestTurnOf } from './turns.js';

const forks = places.filter(({ name }) => name.startsWith('fork'));
const readsData = {
  capabilities: ['fs.read'],
  permissions: { fs: { mode: 'read', allow: ['data'] }, quotas: { timeoutMs: 15_000 } },
} as const;

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`the channel of a guest${place.notRun}`, () => {
    const arena = channelOf(openArena(place, 'e'));
    const runs = (name: string, input: unknown = {}, timeoutMs = 5_000): ReturnType<Arena['run']> =>
      arena.run(name, input, { permissions: { quotas: { timeoutMs } } });

    it('E10 ends a guest that writes garbage to its channel, and serves the next', async () => {
      for (const kind of (await kindsOf(arena)).garbage) {
        const error = failureOf(await runs('writesGarbage', { kind }), 'ERR_PROTOCOL');
        expect({ kind, http: error.http }).toEqual({ kind, http: 502 });
      }
      expect(dataOf(await arena.run('pid'))).toBeTypeOf('number');
    });

    it('E10 ends a guest that forges a message which no guest may send', async () => {
      for (const kind of (await kindsOf(arena)).forged) {
        const bout = await runs('forges', { kind });
        expect({ kind, code: codeOf(bout) }).toEqual({ kind, code: 'ERR_PROTOCOL' });
      }
      expect(dataOf(await arena.run('pid'))).toBeTypeOf('number');
    });

    it('E11 ends a guest that speaks the advanced serialisation of Node, whole or broken', async () => {
      expect(codeOf(await runs('serialises', { broken: false }))).toBe('ERR_PROTOCOL');
      expect(codeOf(await runs('serialises', { broken: true }))).toBe('ERR_PROTOCOL');
    });

    it('E13 reads a frame that drips in byte by byte, and waits for the rest until the time is up', async () => {
      const whole = await runs('drips', { whole: true });
      expect(dataOf(whole)).toBe('done');
      expect(whole.result.logs.map(({ text }) => text)).toEqual(['dripped']);
      failureOf(await runs('drips', { whole: false }, 400), 'ERR_TIMEOUT');
      failureOf(await runs('promisesMuch', {}, 400), 'ERR_TIMEOUT');
    });

    it('E14 takes a forged result for the one of the run, and refuses the calls that come behind it', async () => {
      expect(dataOf(await runs('resultsEarly', { times: 1 }))).toBe('forged 0');
    });

    it.each([2, 1_000])('E14 takes the first of %i results, and records that another one came', async (times) => {
      const bout = await runs('resultsEarly', { times });
      expect(dataOf(bout)).toBe('forged 0');
      const warnings = bout.result.logs.filter(({ source }) => source === 'sandbox').map(({ text }) => text);
      expect(warnings).toEqual(['ERR_PROTOCOL after the result: the guest sent a second result']);
    });

    it('E16 stamps what a guest says with the id of its plugin and its run, whatever it says of itself', async () => {
      const bout = await runs('pretends');
      expect(failureOf(bout, 'ERR_PROTOCOL').message).toContain('"track" was not lent');
      const told = arena.scene().events.filter(({ executionId }) => executionId === bout.result.executionId);
      expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['log', 'progress', 'execution-end']));
      expect(new Set(told.map(({ pluginId }) => pluginId))).toEqual(new Set(['anonymous']));
      expect(new Set(told.map(({ traceId }) => traceId))).toEqual(new Set([bout.result.traceId]));
      expect(bout.result.logs.every(({ time }) => time > 1_600_000_000_000)).toBe(true);
      expect(arena.scene().events.filter(({ type }) => type === 'audit')).toEqual([]);
    });

    it('E17 decides each call anew, whatever the guest says of its decision', async () => {
      const bout = await arena.run('claims', { path: '../secret.txt', calls: 300 }, readsData);
      expect(dataOf(bout)).toBe('done');
      expect(bout.denied.filter(({ kind }) => kind === 'fs')).toMatchObject([
        { operation: 'read', target: '../secret.txt' },
      ]);
      const calls = arena.scene().events.flatMap((event) => (event.type === 'host-call' ? [event] : []));
      const mine = calls.filter(({ executionId }) => executionId === bout.result.executionId);
      expect(mine.map(({ code }) => code).filter((code) => code === undefined)).toEqual([]);
      expect(mine.length).toBe(8);
    });

    it('E19 tells of a channel that a guest closes as a crash, and does not wait for the time limit', async () => {
      for (const way of dataOf(await arena.run('waysToLeave')) as string[]) {
        const begun = performance.now();
        const bout = await runs('leaves', { way }, 10_000);
        expect({ way, code: codeOf(bout) }).toEqual({ way, code: 'ERR_SANDBOX_CRASHED' });
        expect(performance.now() - begun).toBeLessThan(5_000);
      }
    });

    it('E20 refuses calls that nobody waits for beyond the quota and beyond the line, and stays awake', async () => {
      let bout: Awaited<ReturnType<Arena['run']>> | undefined;
      const longest = await longestTurnOf(
        async () => (bout = await arena.run('floods', { calls: 52_000, answers: 2_300 }, flooding)),
      );
      if (bout === undefined) throw new Error('the run is over');
      expect(dataOf(bout)).toEqual(['ERR_QUOTA_EXCEEDED', 'ok']);
      expect(longest).toBeLessThan(50);
    });

    it('E20 ends a guest that floods its channel with a million forged calls, and stays awake', async () => {
      const longest = await longestTurnOf(async () => {
        const code = codeOf(await arena.run('floodsFrames', {}, readsData));
        expect(['ERR_PROTOCOL', 'ERR_QUOTA_EXCEEDED']).toContain(code);
      });
      expect(longest).toBeLessThan(50);
      expect(dataOf(await arena.run('pid'))).toBeTypeOf('number');
    });
  });
});

const flooding = {
  ...readsData,
  permissions: {
    ...readsData.permissions,
    quotas: { timeoutMs: 60_000, cpuMs: 60_000, memoryMb: 2_048, maxHostCalls: 100 },
  },
} as const;

async function kindsOf(arena: Arena): Promise<{ readonly garbage: string[]; readonly forged: string[] }> {
  return dataOf(await arena.run('kinds')) as { garbage: string[]; forged: string[] };
}

/** The same arena, for the handlers of `channel.js`. */
function channelOf(arena: Arena): Arena {
  return { scene: arena.scene, run: (name, input, grant) => arena.run(`./channel.js#${name}`, input, grant) };
}
