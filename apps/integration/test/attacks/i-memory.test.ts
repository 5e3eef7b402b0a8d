import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';
import { strainOf } from './watch-host.js';

const LIMIT = 64;
const limited = { permissions: { quotas: { memoryMb: LIMIT, timeoutMs: 10_000 } } };

/** Nothing can tell the memory of a handler from the host's own where it runs in the host's own thread. */
const stoppable = places.filter(({ name }) => name !== 'in-process');
/** Where a handler has memory of a process of its own, and may be killed with it. */
const apart = places.filter(({ name }) => name.startsWith('fork'));
/** There is no WebAssembly in there. */
const bare: ReadonlySet<string> = new Set(['quickjs']);
/** A thread's WebAssembly may count for the process alone, and a native function that takes long keeps it: a guard is claimed, no wall. */
const threads: ReadonlySet<string> = new Set(['worker']);

/** V8 does not count what a buffer that can be resized grows by in Node 22: see the worker's own test below. */
const uncounted = process.versions.node.startsWith('22.') ? 'resizes' : undefined;

describe.each(stoppable)('$name', (place) => {
  describe.skipIf(!place.works)(`memory${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: 30 });

    const kinds = ['buffers', 'resizes', 'heap'].filter((kind) => !threads.has(place.name) || kind !== uncounted);
    it.each(kinds)('I07 ends at its memory quota, on or off the heap: %s', { timeout: 30_000 }, async (name) => {
      const error = failureOf(await arena.run(name, {}, limited), 'ERR_MEMORY_EXCEEDED');
      expect(error).toMatchObject({ http: 507, source: 'host', details: { quota: 'memoryMb', limit: LIMIT } });
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    });

    it('I23 ends by time what has room and does nothing but collect garbage', { timeout: 30_000 }, async () => {
      // V8 lets its heap grow to many times of what is kept before it looks for garbage in earnest.
      const thrash = { permissions: { quotas: { memoryMb: 512, timeoutMs: 300 } } };
      expect(failureOf(await arena.run('thrashes', 8, thrash), 'ERR_TIMEOUT').details).toMatchObject({ limitMs: 300 });
    });
  });
});

const withWasm = stoppable.filter(({ name }) => !bare.has(name) && !threads.has(name));
describe.each(withWasm)('$name', (place) => {
  describe.skipIf(!place.works)(`memory of WebAssembly${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: 30 });

    it('I08 counts what a handler grows outside of the heap', { timeout: 30_000 }, async () => {
      const error = failureOf(await arena.run('wasm', {}, limited), 'ERR_MEMORY_EXCEEDED');
      expect(error.details).toMatchObject({ quota: 'memoryMb', limit: LIMIT });
    });
  });
});

describe.each(places.filter(({ name }) => threads.has(name)))('$name', (place) => {
  const arena = openArena(place, 'i', { graceMs: 30 });

  const tests = [['I08', 'wasm'], ...(uncounted === undefined ? [] : [['I07', uncounted]])];
  it.each(tests)(
    '%s ends at the latest by time what its thread may not count, and claims no wall: %s',
    async (_, name) => {
      const short = { permissions: { quotas: { memoryMb: LIMIT, timeoutMs: 500 } } };
      const bout = await arena.run(String(name), {}, short);
      // V8 counts it in Node 24, the one or the other in 22 and 26.
      if (bout.result.ok) throw new Error('the run ended well');
      expect(['ERR_MEMORY_EXCEEDED', 'ERR_TIMEOUT']).toContain(bout.result.error.code);
      expect(bout.result.confinement?.firmness).toMatchObject({ memory: 'guard', time: 'guard' });
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    },
  );
});

describe.each(apart)('$name', (place) => {
  describe.skipIf(!place.works)(`native functions${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: 30 });

    it.each([['parses'], ['replaces']])(
      'I28 goes with its process, whatever native function it is in: %s',
      { timeout: 30_000 },
      async (name) => {
        const large = { permissions: { quotas: { memoryMb: 700, timeoutMs: 250 } } };
        const ends: unknown[] = [];
        const { grownMib } = await strainOf(async () => {
          const { result } = await arena.run(name, {}, large);
          ends.push(result.ok ? 'ok' : result.error.code);
        });
        // Which comes first is a matter of the machine's speed.
        expect(['ERR_TIMEOUT', 'ERR_MEMORY_EXCEEDED']).toEqual(expect.arrayContaining(ends));
        expect(grownMib).toBeLessThan(150);
        expect(dataOf(await arena.run('fine'))).toBe('fine');
      },
    );
  });
});
