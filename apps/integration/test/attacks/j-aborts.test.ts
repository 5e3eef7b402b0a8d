import { createFolderRegistry } from '@kb-labs/plugin-runtime';
import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { nodePlaces } from '../scene.js';
import { dataOf, openArena, pluginFile } from './arena.js';

const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** Reasons with which a signal was aborted, and what of them may be told. */
const REASONS: readonly (readonly [string, unknown, string | undefined])[] = [
  ['nothing', undefined, 'This operation was aborted'],
  ['null', null, undefined],
  ['a text', 'the user left', 'the user left'],
  ['an error', new Error('not needed any more'), 'not needed any more'],
  ['a symbol', Symbol('secret'), undefined],
  ['a function', () => 'secret', undefined],
  ['a revoked proxy', revoked.proxy, undefined],
  ['a proxy that throws', throwingProxy(), undefined],
  ['an object with getters', { get message(): string { throw new Error('read'); } }, undefined], // prettier-ignore
  ['an error with a getter', Object.defineProperty(new Error('x'), 'message', { get: () => { throw new Error('read'); } }), undefined], // prettier-ignore
  ['a megabyte', 'x'.repeat(1_000_000), undefined],
];

/** Not a whole number of milliseconds that a timer of Node can wait for. */
const NO_TIMES = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 1.5, '100', null];
const TIMES = ['timeoutMs', 'startTimeoutMs', 'queueTimeoutMs', 'cpuMs'] as const;
const LONGEST = 2 ** 31 - 1;

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`an end from outside${place.notRun}`, () => {
    const arena = openArena(place, 'j');
    const grant = { pluginRoot: pluginFile('j', '.') };
    const execute = (handler: string, more: object): Promise<ExecuteResult> =>
      arena
        .scene()
        .runtime.execute({ handler: `./handlers.js#${handler}`, input: {}, ...more }, arena.scene().grant(grant));

    it.each(REASONS)('J10 tells a reason that is %s without running any of it', async (_, reason, text) => {
      const controller = new AbortController();
      controller.abort(reason);
      const result = await execute('returns', { signal: controller.signal });
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'ERR_ABORTED', source: 'host' },
        confinement: undefined,
      });
      const told = JSON.stringify(result);
      expect(told.length).toBeLessThan(20_000);
      expect(told).not.toContain('secret');
      expect(told).toContain(text ?? 'ERR_ABORTED');
    });

    it.each(REASONS.slice(-6))('J10 ends a run that is under way for a reason that is %s', async (_, reason) => {
      const controller = new AbortController();
      const running = execute('waits', { signal: controller.signal });
      const { events } = arena.scene();
      const before = events.length;
      const isUp = (): boolean => events.slice(before).some(({ type }) => type === 'progress');
      await expect.poll(isUp, { timeout: 10_000, interval: 2 }).toBe(true);
      controller.abort(reason);
      expect(await running).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED', source: 'host' } });
    });

    it('J11 refuses what is no time, wherever it is written', async () => {
      const { runtime, grant: contextOf } = arena.scene();
      for (const time of NO_TIMES) {
        await expect(execute('returns', { timeoutMs: time })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
        for (const name of TIMES) {
          // `null` leaves a quota to its default, as an absent section does.
          if (time === null) continue;
          const wrong: object = { permissions: { quotas: { [name]: time } } };
          expect(() => contextOf(wrong)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
        }
      }
      expect(runtime.crashLoops.list()).toEqual([]);
    });

    it('J11 waits as long as a timer can, and does not end at once', async () => {
      const quotas = Object.fromEntries(TIMES.map((name) => [name, LONGEST]));
      const result = await arena.run('works', { ms: 20 }, { permissions: { quotas } });
      expect(dataOf(result)).toBe('worked');
      expect(result.result.metrics.wallMs.limit).toBe(LONGEST);
    });

    it('J11 lets a request shorten its time and not lengthen it', async () => {
      const context = arena.scene().grant({ ...grant, permissions: { quotas: { timeoutMs: 200 } } });
      const request = { handler: './handlers.js#waits', input: {}, timeoutMs: LONGEST };
      expect(await arena.scene().runtime.execute(request, context)).toMatchObject({
        ok: false,
        error: { code: 'ERR_TIMEOUT', details: { limitMs: 200 } },
      });
    });
  });

  describe.skipIf(!place.works)(`invocations${place.notRun}`, () => {
    const arena = openArena(place, 'j-installed');
    const registry = createFolderRegistry({ folders: [pluginFile('j-installed', '.')] });
    const grant = { capabilities: ['plugin.invoke'], permissions: { invoke: { allow: ['@loop/*'] } }, registry };
    const call = (targets: readonly unknown[]): Promise<ExecuteResult> =>
      arena
        .scene()
        .runtime.execute({ plugin: '@loop/self', handler: 'call', input: { targets } }, arena.scene().grant(grant));

    it.each([
      ['a handler that invokes itself', ['@loop/self:call']],
      ['one that others invoke for it', ['@loop/ping:call', '@loop/pong:call', '@loop/self:call']],
      ['two others that invoke each other', ['@loop/ping:call', '@loop/pong:call', '@loop/ping:call']],
      ['sixty-four at a time', [Array.from({ length: 64 }, () => '@loop/self:call')]],
    ])('J19 goes round no circle: %s', async (_, targets) => {
      const result = await call(targets);
      const codes = new Set(result.ok && Array.isArray(result.data) ? result.data.flat(8) : [result]);
      expect([...codes]).toEqual(['ERR_QUOTA_EXCEEDED']);
      expect(await call(['@loop/ping:call'])).toMatchObject({ ok: true, data: ['the end'] });
    });
  });
});

function throwingProxy(): object {
  const refuse = (): never => {
    throw new Error('trapped');
  };
  return new Proxy(
    {},
    { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse },
  );
}
