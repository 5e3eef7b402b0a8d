import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena, pluginFile } from './arena.js';
import type { Arena } from './arena.js';

const DENIED = 'ERR_ACCESS_DENIED';
const forks = places.filter(({ name }) => name.startsWith('fork'));

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`ways out of a process${place.notRun}`, () => {
    const arena = openArena(place, 'e');
    const isWalled = place.name.includes('wall');

    it('E01 refuses internal bindings, by whatever way they are asked for', async () => {
      const { 'a linked binding': linked, ...others } = await outcomesOf(arena, 'bindings');
      expect(Object.keys(others).length).toBe(13);
      expect(new Set(Object.values(others))).toEqual(new Set([DENIED, 'MODULE_NOT_FOUND']));
      expect(Object.entries(others).filter(([name, code]) => name.includes('binding') && code !== DENIED)).toEqual([]);
      // Linked bindings are those of programs that embed Node. Node 22 asks for no permission, and has none.
      expect([DENIED, 'ERR_INVALID_MODULE']).toContain(linked);
    });

    it('E01 shows no function of the insides of Node on the stack', async () => {
      expect(dataOf(await arena.run('frames'))).toEqual(['undefined']);
    });

    it('E02 refuses addons, by whatever way they are loaded', async () => {
      const outcomes = await outcomesOf(arena, 'addons', { file: pluginFile('e', 'addon.node') });
      const { import: imported, ...others } = outcomes;
      expect(new Set(Object.values(others))).toEqual(new Set(['ERR_DLOPEN_DISABLED']));
      expect(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_DLOPEN_DISABLED']).toContain(imported);
    });

    it.each([
      ['E04', 'the host', 7],
      ['E05', 'the inspector of the host', 5],
      ['E07', 'everybody', 4],
      ['E08', 'itself', 2],
    ])('%s refuses signals to %s', async (row, _, count) => {
      const outcomes = Object.values(await outcomesOf(arena, 'signals', { row, to: process.pid }));
      expect(outcomes).toEqual(Array.from({ length: count }, () => DENIED));
    });

    it('E08 ends a guest that has been stopped, when its time is up', async () => {
      const pluginRoot = join(arena.scene().root, 'stopped');
      mkdirSync(pluginRoot);
      const handler =
        "export const handle = (_, ctx) => (ctx.progress('running'), new Promise(() => setInterval(() => undefined, 1000)));";
      writeFileSync(join(pluginRoot, 'handlers.mjs'), handler);
      const running = arena.run('./handlers.mjs#handle', {}, { pluginRoot, ...quotas({ timeoutMs: 1_000 }) });
      await expect.poll(() => arena.scene().events.some(({ type }) => type === 'progress')).toBe(true);
      const guests = processesOf(pluginRoot);
      expect(guests.length).toBeGreaterThan(0);
      for (const guest of guests) process.kill(guest, 'SIGSTOP');
      failureOf(await running, 'ERR_TIMEOUT');
      await expect.poll(() => processesOf(pluginRoot).filter((pid) => guests.includes(pid))).toEqual([]);
    });

    it('E04 signals nobody by the handle of a child that was never started', async () => {
      let signals = 0;
      const count = (): void => void (signals += 1);
      process.on('SIGWINCH', count);
      try {
        const outcomes = await outcomesOf(arena, 'wildHandles', { host: process.pid, signal: 28 });
        const { 'hooks of the test runner': hooked, ...others } = outcomes;
        expect(new Set(Object.values(others))).toEqual(new Set([DENIED]));
        expect([DENIED, 'got 0 handles']).toContain(hooked);
        expect(dataOf(await arena.run('pid'))).toBeTypeOf('number');
        expect(signals).toBe(0);
      } finally {
        process.off('SIGWINCH', count);
      }
    });

    it('E05 keeps the inspector of the host shut when SIGUSR1 comes while a guest lives', async () => {
      const waiting = arena.run('waits', { ms: 300 });
      await untilListening();
      process.kill(process.pid, 'SIGUSR1');
      expect(dataOf(await waiting)).toBe('waited');
      expect(inspector.url()).toBeUndefined();
    });

    it('E07 refuses another identity, with which a guest would outlive its host', async () => {
      const outcomes = await outcomesOf(arena, 'identities');
      expect(new Set(Object.values(outcomes))).toEqual(new Set([DENIED]));
    });

    it('E22 refuses to be replaced by another program', async () => {
      const outcomes = await outcomesOf(arena, 'execs');
      // Node 22.14 and before have no execve.
      expect(new Set(Object.values(outcomes))).toEqual(new Set([DENIED]));
    });

    it.each(['abort', 'reallyExit', 'exit'])(
      'E23 tells an end by process.%s as a crash, never as a result',
      async (way) => {
        const error = failureOf(await arena.run('endsBy', { way }), 'ERR_SANDBOX_CRASHED');
        const expected = way === 'abort' ? { exitCode: undefined } : { exitCode: 0, signal: undefined };
        expect(error.details).toMatchObject(expected);
        expect(dataOf(await arena.run('pid'))).toBeTypeOf('number');
      },
    );

    it('E25 ends a guest that is deaf to signals and spins, within its grace', async () => {
      const begun = performance.now();
      const error = failureOf(await arena.run('deaf', {}, quotas({ timeoutMs: 300 })), 'ERR_TIMEOUT');
      // The time limit, 100 ms of grace in this arena, 250 ms more, and the start of the guest.
      expect(performance.now() - begun).toBeLessThan(300 + 100 + 250 + 1_000);
      expect(error.details).toMatchObject({ limitMs: 300 });
    });

    it('E28 has neither V8 flags nor natives', async () => {
      const outcomes = await outcomesOf(arena, 'flags');
      const { natives, 'natives in another context': elsewhere, ...others } = outcomes;
      expect(natives).toContain('SyntaxError');
      expect(elsewhere).toContain('SyntaxError');
      // Rather than with `--freeze-flags-after-init`, which ends the process, the function is taken away: that costs no time at a start.
      expect(others['setFlagsFromString']).toBe(DENIED);
      expect(others['setFlagsFromString by import']).toBe(DENIED);
      expect(others['setFlagsFromString once deleted']).toContain('TypeError');
    });

    it('E04 claims no more than it keeps', async () => {
      const { crash, process: processes } = await place.create().confines();
      expect({ crash, processes }).toEqual(
        isWalled ? { crash: 'wall', processes: 'wall' } : { crash: 'guard', processes: 'guard' },
      );
    });
  });
});

async function outcomesOf(arena: Arena, name: string, input: unknown = {}): Promise<Record<string, string>> {
  return dataOf(await arena.run(name, input)) as Record<string, string>;
}

function quotas(limits: Readonly<Record<string, number>>): {
  readonly permissions: { readonly quotas: typeof limits };
} {
  return { permissions: { quotas: limits } };
}

/** From here on the runtime listens to SIGUSR1 itself, so that sending it is safe. */
async function untilListening(): Promise<void> {
  await expect.poll(() => process.listenerCount('SIGUSR1'), { interval: 1 }).toBeGreaterThan(0);
}

/** Guests of a plugin, and what stands around them, by the folder in their command line. */
function processesOf(folder: string): readonly number[] {
  const flag = `--allow-fs-read=${folder}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(flag);
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}
