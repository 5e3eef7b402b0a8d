import { describe, expect, it } from 'vitest';
import { nodePlaces } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';

/** On a machine that is busy with others. */
const PATIENT = { timeout: 15_000, interval: 5 };

const data = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data'] } } } as const;

/** Where the code of a handler runs in this very process: what it reaches is the host's own, and no wall is claimed. */
const SHARED: ReadonlySet<string> = new Set(['in-process', 'worker']);
/** Where there is no Node at all. */
const BARE: ReadonlySet<string> = new Set(['quickjs']);

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`the realm of the host${place.notRun}`, () => {
    const arena = openArena(place, 'g');
    /** Whose process code has found that was made by way of a host's value. */
    const whose = (pid: unknown): string =>
      pid === process.pid ? 'of the host' : typeof pid === 'number' ? 'its own' : String(pid);
    const expected = SHARED.has(place.name) ? 'of the host' : BARE.has(place.name) ? 'none' : 'its own';

    it('G01 G02 reaches no process but the one it runs in, by constructors of what it was handed', async () => {
      const bout = await arena.run('climbs', { a: 1 }, data);
      const reached = dataOf(bout) as Record<string, unknown>;
      expect(Object.keys(reached)).toHaveLength(13);
      expect(new Set(Object.values(reached).map(whose))).toEqual(new Set([expected]));
      const { crash, env, memory, process: processes } = bout.result.confinement?.firmness ?? {};
      const claims = SHARED.has(place.name) ? [crash, env, memory, processes] : [];
      expect(claims).not.toContain('wall');
    });

    it('G04 meets its own end of the stack in a host call, and the host goes on', async () => {
      const told = dataOf(await arena.run('overflows', {}, data)) as Record<string, unknown>;
      expect(told).toMatchObject({ names: ['RangeError'], text: 'hello' });
      expect(new Set((told['processes'] as unknown[]).map(whose))).toEqual(new Set([expected]));
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    });

    it('G05 gets no function of its host by frames, and tells its host of no frame but its own', async () => {
      const frames = dataOf(await arena.run('looksDown', {}, data)) as Frame[];
      expect(frames.length).toBeGreaterThan(0);
      // All code of this side is strict: neither functions nor what they were called on are given away.
      expect(frames.filter((frame) => frame.this === 'object' || frame.function === 'function')).toEqual([]);
      const thrown = failureOf(await arena.run('throwsDeep'), 'ERR_HANDLER_FAILED').error;
      const lines = thrown?.stack?.split('\n').slice(1) ?? [];
      expect(lines.length).toBeGreaterThan(4);
      for (const line of lines) expect(line).toContain('./handlers.js');
      const fake = failureOf(
        await arena.run('fakesStack', ['/host/secret.ts', 'node:internal/x', 'file:///host/a.js']),
        'ERR_HANDLER_FAILED',
      );
      expect(fake.error?.stack).toBe('Error: x');
    });

    it.each([
      ['toPrimitive', 'a symbol key'],
      ['toJSON', 'a function at /toJSON'],
      ['inherited', 'an instance of'],
    ])('G07 cannot give back what would run in the host: %s', async (name, what) => {
      expect(failureOf(await arena.run('lie', name), 'ERR_OUTPUT_INVALID').message).toContain(what);
    });

    it('G07 gives back what its getters said once, as plain data', async () => {
      const at = Object.getOwnPropertyDescriptor(dataOf(await arena.run('lie', 'getter')), 'at');
      expect(at).toEqual({ value: 1, writable: true, enumerable: true, configurable: true });
      expect(dataOf(await arena.run('lie', 'proxy'))).toEqual({ at: 'lie' });
      expect(dataOf(await arena.run('lie', 'date'))).toEqual(new Date(5));
      expect(dataOf(await arena.run('lie', 'map'))).toEqual(new Map([['a', 1]]));
      expect(dataOf(await arena.run('lie', 'bytes'))).toEqual(new Uint8Array([7]));
    });

    it('G07 cannot change what it gave back', async () => {
      const first = dataOf(await arena.run('changesLater'));
      const was = structuredClone(first);
      // Time for its timer, where it is in this process.
      expect(dataOf(await arena.run('changesLater'))).toEqual(was);
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(first).toEqual(was);
    });

    it('G10 has its ctx taken away when the run is over', async () => {
      const rights = {
        capabilities: ['fs.read', 'fs.write', 'events.publish'],
        permissions: { fs: { mode: 'readWrite', allow: ['data'] }, events: { produce: ['late'] } },
      } as const;
      const { result } = await arena.run('keeps', {}, rights);
      // No record of a denial: the run whose audit it would stand in has its verdict already.
      const bout = await arena.run('usesKept', {}, rights);
      const told = dataOf(bout);
      const revoked = ['ERR_PERMISSION_DENIED', 'run-over'];
      expect(told).toEqual(place.name === 'in-process' ? [revoked, revoked, revoked] : 'another realm');
      expect([...result.logs, ...bout.result.logs].map(({ text }) => text)).not.toContain('late line');
    });

    it('G11 can be ended in the midst of calls from within answers, again and again', async () => {
      const { events } = arena.scene();
      for (const _ of [1, 2, 3]) {
        const controller = new AbortController();
        const seen = events.length;
        const running = arena.run('reenters', {}, { ...data, signal: controller.signal });
        await expect.poll(() => events.slice(seen).some(({ type }) => type === 'progress'), PATIENT).toBe(true);
        controller.abort();
        failureOf(await running, 'ERR_ABORTED');
        expect(dataOf(await arena.run('fine'))).toBe('fine');
      }
    });

    it('G16 gets nothing of its host out of wasm exceptions and suppressed errors', async () => {
      const told = dataOf(await arena.run('suppresses', {}, data)) as Record<string, unknown>;
      expect(told['wasm']).toBe(BARE.has(place.name) ? 'undefined' : 'object');
      expect(Object.keys(told).filter((name) => name !== 'wasm' && whose(told[name]) !== expected)).toEqual([]);
    });
  });
});

interface Frame {
  readonly file: string;
  readonly this: string;
  readonly function: string;
}
