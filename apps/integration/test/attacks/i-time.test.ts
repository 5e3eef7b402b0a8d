import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { leastLag } from './watch-host.js';

/** A handler's time, and what the host adds to end it: an abort with its grace, SIGTERM with its, SIGKILL. */
const LIMIT = 200;
const GRACE = 30;
const GENEROUS = 2_000;
const quotas = { timeoutMs: LIMIT, memoryMb: 512 };
const reads = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data'] }, quotas } } as const;

/** Nothing can stop code that runs in the host's own thread: it says so, and none of these is tried there. */
const stoppable = places.filter(({ name }) => name !== 'in-process');

const KINDS: readonly (readonly [string, string])[] = [
  ['I01', 'spins'],
  ['I02', 'microtasks'],
  ['I02', 'thenables'],
  ['I04', 'sleeps'],
  ['I05', 'backtracks'],
  ['I05', 'backtracksLater'],
  ['I22', 'intervals'],
  ['I22', 'timeouts'],
  ['I28', 'bigints'],
  ['I01', 'getters'],
];

// QuickJS has bounds of its own, 10 000 timers and a largest bigint, which a quick machine comes to before the time is up.
const BOUNDED = new Set(['intervals', 'bigints']);

function errorCodeOf({ result }: Bout): string {
  return result.ok ? 'ok' : result.error.code;
}

describe.each(stoppable)('$name', (place) => {
  describe.skipIf(!place.works)(`time${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: GRACE });
    const limited = (name: string, input: unknown = {}): Promise<Bout> => arena.run(name, input, reads);

    // All at once: each has its own place, and none of them keeps another from its end.
    let all: Promise<Map<string, Bout>> | undefined;
    const bouts = (): Promise<Map<string, Bout>> =>
      (all ??= Promise.all(KINDS.map(async ([, name]) => [name, await limited(name)] as const)).then(
        (list) => new Map(list),
      ));

    it.each(KINDS)('%s ends what never ends by itself: %s', { timeout: 30_000 }, async (_, name) => {
      const bout = (await bouts()).get(name);
      if (bout === undefined) throw new Error('it was not run');
      if (place.name === 'quickjs' && BOUNDED.has(name) && errorCodeOf(bout) === 'ERR_HANDLER_FAILED') return;
      const error = failureOf(bout, 'ERR_TIMEOUT');
      expect(error).toMatchObject({ http: 504, source: 'host', details: { limitMs: LIMIT } });
      const used = bout.result.metrics.wallMs.used ?? 0;
      expect(used).toBeGreaterThanOrEqual(LIMIT - 1);
      expect(used).toBeLessThan(LIMIT + GENEROUS);
    });

    it('I01 leaves the host its time: its loop comes round within 50 ms', async () => {
      expect(await leastLag(() => limited('spins'), 50)).toBeLessThan(50);
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    });

    it('I01 tells the time that is up from the CPU time that is used up', async () => {
      const cpu = { permissions: { quotas: { cpuMs: 100, timeoutMs: 10_000, memoryMb: 512 } } };
      const { cpu: claim } = (await arena.run('fine')).result.confinement?.firmness ?? {};
      const code = claim === 'none' ? 'ERR_TIMEOUT' : 'ERR_CPU_EXCEEDED';
      expect(failureOf(await arena.run('spins', {}, cpu), code).details).toMatchObject({ quota: 'cpuMs', limit: 100 });
      expect(failureOf(await arena.run('forever', {}, reads), 'ERR_TIMEOUT').details).toMatchObject({ limitMs: LIMIT });
    });

    it('I01 keeps a result that came before a cleanup without end', async () => {
      const { result } = await limited('cleanups');
      expect(result).toMatchObject({ ok: true, data: 'returned' });
      expect(result.metrics.leaked).toEqual(['did not leave within graceMs']);
    });
  });
});

describe('in-process', () => {
  const place = places.find(({ name }) => name === 'in-process');
  if (place === undefined) throw new Error('there is no such place');
  const arena = openArena(place, 'i', { graceMs: GRACE });

  it('I01 ends the call of a handler that waits, and claims nothing for one that does not', async () => {
    const bout = await arena.run('forever', {}, reads);
    failureOf(bout, 'ERR_TIMEOUT');
    expect(bout.result.confinement?.firmness).toMatchObject({ time: 'none', cpu: 'none', memory: 'none' });
  });
});
