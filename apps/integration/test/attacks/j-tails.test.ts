import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePlaces } from '../scene.js';
import { codeOf, dataOf, failureOf, openArena } from './arena.js';

const LATE = Symbol.for('kb-test-late-calls');
const WAYS = ['timer', 'unref', 'promise', 'cleanup'];
const write = {
  capabilities: ['fs.write'],
  permissions: { fs: { mode: 'readWrite', allow: ['.'] }, quotas: { timeoutMs: 5_000 } },
} as const;
const short = { permissions: { quotas: { timeoutMs: 300 } } } as const;

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`what a handler leaves behind${place.notRun}`, () => {
    const arena = openArena(place, 'j');

    it('J01 lets nothing be written after the handler returned, from a timer, a promise or a cleanup', async () => {
      const bout = await arena.run('writesLater', { ways: WAYS }, write);
      expect(dataOf(bout)).toBe('returned');
      // Where the code goes on, in the host's own realm, it can be seen what its calls came to.
      const { [LATE]: outcomes = [] } = globalThis as { [LATE]?: Promise<string>[] };
      const seen = place.name === 'in-process' ? WAYS.length : 0;
      await expect.poll(() => outcomes.length).toBe(seen);
      expect(new Set(await Promise.all(outcomes))).toEqual(new Set(outcomes.map(() => 'ERR_PERMISSION_DENIED')));
      Reflect.deleteProperty(globalThis, LATE);
      expect(WAYS.filter((way) => existsSync(join(arena.scene().root, `late-${way}.txt`)))).toEqual([]);
      expect(bout.result.metrics.bytesWritten.used).toBe(0);
    });

    it('J02 ends a guest that a timer keeps alive, with the same verdict, and says that it left one', async () => {
      const { result } = await arena.run('staysAlive');
      expect(result).toMatchObject({ ok: true, data: 'returned' });
      // In the host's own process nobody can tell whose a timer is; a thread or an instance may not list them either, and is gone anyway.
      const told = place.name.startsWith('fork') ? ['Timeout'] : result.metrics.leaked;
      expect(result.metrics.leaked).toEqual(told);
      expect(result.metrics.totalMs).toBeLessThan(5_000);
    });

    it('J07 takes the first word of a thenable, and no second', async () => {
      for (const kind of ['twice', 'both']) {
        expect(dataOf(await arena.run('returnsThenable', { kind }))).toBe('first');
      }
    });

    it('J07 ends the run of a thenable that throws, as of a handler that does', async () => {
      for (const kind of ['throwing', 'throwingGetter', 'rejecting']) {
        const error = failureOf(await arena.run('returnsThenable', { kind }), 'ERR_HANDLER_FAILED');
        expect(error.error?.message).toMatch(/^(thrown|rejected) by/);
      }
    });

    it('J07 waits for a thenable that never answers no longer than the time limit', async () => {
      expect(codeOf(await arena.run('returnsThenable', { kind: 'never' }, short))).toBe('ERR_TIMEOUT');
    });

    it('J07 unfolds a hundred thousand thenables, or ends at a limit', async () => {
      const { result } = await arena.run('returnsThenable', { kind: 'deep' }, write);
      const end = result.ok ? result.data : result.error.code;
      expect(['the end', 'ERR_TIMEOUT', 'ERR_CPU_EXCEEDED', 'ERR_MEMORY_EXCEEDED']).toContain(end);
    });

    // In the host's own process nothing could end it: it never lets go of the loop.
    it.skipIf(place.name === 'in-process')(
      'J07 ends a chain of thenables that has no end (in-process: cannot, and claims nothing)',
      async () => {
        for (const kind of ['endless', 'itself']) {
          const code = codeOf(await arena.run('returnsThenable', { kind }, short));
          expect(['ERR_TIMEOUT', 'ERR_MEMORY_EXCEEDED']).toContain(code);
        }
      },
    );

    it('J08 refuses generators, iterators and everything else that is no data, and runs none of it', async () => {
      const kinds = [
        'async generator',
        'iterator',
        'hand-made iterator',
        'async iterable',
        'a promise inside',
        'a disposable',
      ];
      const codes: string[] = [];
      for (const kind of kinds) codes.push(codeOf(await arena.run('returnsUnusual', { kind })));
      expect(codes).toEqual(kinds.map(() => 'ERR_OUTPUT_INVALID'));
    });

    it('is as healthy as before', async () => {
      expect(dataOf(await arena.run('returns', { n: 1 }))).toEqual({ n: 1 });
    });
  });
});
