import { createError } from '@kb-labs/contracts';
import type { ErrorCode, SandboxOutcome } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createCrashWatch } from '../src/crash-loops.js';
import type { CrashingHandler, CrashLoopLimits, CrashWatch } from '../src/crash-loops.js';

const limits: CrashLoopLimits = { crashes: 3, windowMs: 1000 };

interface Bench {
  readonly watch: CrashWatch;
  /** Milliseconds that have gone by. */
  now: number;
}

function bench(asked: CrashLoopLimits | false = limits): Bench {
  const made = { now: 0 };
  const watch = createCrashWatch(asked, { now: () => 0, monotonic: () => made.now });
  return Object.assign(made, { watch });
}

function handler(changes: Partial<CrashingHandler> = {}): CrashingHandler {
  return { pluginId: 'acme', version: '1.0.0', root: '/plugins/a', handler: './main.js#run', ...changes };
}

const usage = { cpuMs: 1, peakMemoryBytes: 1, outputBytes: 0, resultBytes: 0, leaked: [] };

function ending(code: ErrorCode, details: Record<string, unknown> = {}): SandboxOutcome {
  return {
    ok: false,
    error: createError(code, 'the end', { details }),
    guestError: undefined,
    phase: 'handler',
    usage,
  };
}

const nothing = { code: undefined, hint: undefined, stack: undefined, cause: undefined };
const threw: SandboxOutcome = {
  ok: false,
  error: createError('ERR_HANDLER_FAILED', 'the end'),
  guestError: { ...nothing, name: 'Error', message: 'the end', errors: [], truncated: false },
  phase: 'handler',
  usage,
};

const crash = ending('ERR_SANDBOX_CRASHED', { exitCode: 1, signal: undefined });

function crashes(watch: CrashWatch, count: number, of = handler()): void {
  for (let done = 0; done < count; done += 1) watch.ended(of, crash);
}

describe('a handler that keeps crashing', () => {
  it('is refused after so many crashes running, with the time that is left', () => {
    const made = bench();
    crashes(made.watch, 2);
    made.watch.assertMayRun(handler());
    made.now = 100;
    crashes(made.watch, 1);
    made.now = 350;
    expect(() => made.watch.assertMayRun(handler())).toThrow(
      expect.objectContaining({
        code: 'ERR_CRASH_LOOP',
        retryable: true,
        http: 503,
        details: {
          pluginId: 'acme',
          version: '1.0.0',
          handler: './main.js#run',
          crashes: 3,
          windowMs: 1000,
          retryAfterMs: 750,
        },
      }),
    );
    expect(made.watch.list()).toEqual([
      {
        pluginId: 'acme',
        version: '1.0.0',
        root: '/plugins/a',
        handler: './main.js#run',
        crashes: 3,
        refused: true,
        retryAfterMs: 750,
      },
    ]);
  });

  it('may run again after the window, and is refused after one crash more', () => {
    const made = bench();
    crashes(made.watch, 3);
    made.now = 1000;
    made.watch.assertMayRun(handler());
    made.now = 5000;
    crashes(made.watch, 1);
    expect(() => made.watch.assertMayRun(handler())).toThrow(expect.objectContaining({ code: 'ERR_CRASH_LOOP' }));
  });

  it.each([
    ['it answers', { ok: true, value: 1, usage } as const, handler()],
    ['it throws', threw, handler()],
    ['another handler of its plugin works', { ok: true, value: 1, usage } as const, handler({ handler: './b.js#run' })],
  ])('begins anew once %s', (_, end, other) => {
    const { watch } = bench();
    crashes(watch, 2);
    watch.ended(other, end);
    crashes(watch, 2);
    watch.assertMayRun(handler());
    expect(watch.list()).toMatchObject([{ crashes: 2, refused: false, retryAfterMs: 0 }]);
  });

  it('is not refused for crashes that lie too far apart', () => {
    const made = bench();
    for (let done = 0; done < 10; done += 1) {
      crashes(made.watch, 1);
      made.now += 501;
    }
    made.watch.assertMayRun(handler());
    expect(made.watch.list()).toMatchObject([{ crashes: 2 }]);
  });

  it.each([
    ['a time limit', ending('ERR_TIMEOUT')],
    ['an abort', ending('ERR_ABORTED')],
    ['a quota', ending('ERR_MEMORY_EXCEEDED')],
    ['a kill from outside', ending('ERR_SANDBOX_CRASHED', { signal: 'SIGKILL' })],
  ])('neither gains nor loses by %s', (_, end) => {
    const { watch } = bench();
    crashes(watch, 2);
    for (let done = 0; done < 10; done += 1) watch.ended(handler(), end);
    watch.assertMayRun(handler());
    expect(watch.list()).toMatchObject([{ crashes: 2 }]);
  });

  it('stays refused while another handler of its plugin works', () => {
    const made = bench();
    crashes(made.watch, 3);
    made.watch.ended(handler({ handler: './b.js#run' }), { ok: true, value: 1, usage });
    expect(() => made.watch.assertMayRun(handler())).toThrow('crashed its sandbox 3 times');
    made.now = 1000;
    made.watch.ended(handler({ handler: './b.js#run' }), { ok: true, value: 1, usage });
    expect(made.watch.list()).toEqual([]);
  });

  it('holds up no other handler, version or copy of its plugin', () => {
    const { watch } = bench();
    crashes(watch, 3);
    for (const changes of [{ handler: './main.js#other' }, { root: '/plugins/b' }, { version: '1.0.1' }]) {
      watch.assertMayRun(handler(changes));
    }
    expect(() => watch.assertMayRun(handler())).toThrow('crashed its sandbox 3 times');
  });

  it('is let in at once where the host says so', () => {
    const { watch } = bench();
    crashes(watch, 3);
    crashes(watch, 3, { ...handler(), pluginId: 'other' });
    expect(watch.reset('nobody')).toBe(0);
    expect(watch.reset('acme')).toBe(1);
    watch.assertMayRun(handler());
    expect(watch.reset()).toBe(1);
    expect(watch.list()).toEqual([]);
  });

  it.each([
    [300_000, '5 minutes'],
    [299_998, '5 minutes'],
    [90_000, '90 seconds'],
    [1, '1 second'],
  ])('is told in words how long to wait: %i ms are %s', (windowMs, words) => {
    const { watch } = bench({ crashes: 1, windowMs });
    crashes(watch, 1);
    expect(() => watch.assertMayRun(handler())).toThrow(
      expect.objectContaining({
        message: `./main.js#run of acme 1.0.0 crashed its sandbox 1 time, and is refused for another ${words}`,
        hint: expect.stringContaining("crashLoops.reset('acme') of a runtime made with createRuntime"),
      }),
    );
  });

  it('stays refused however many handlers of another plugin crash', () => {
    const { watch } = bench();
    crashes(watch, 3);
    const other = (name: number): CrashingHandler => handler({ pluginId: 'other', handler: `./${name}.js#run` });
    crashes(watch, 3, other(0));
    for (let index = 1; index <= 1000; index += 1) crashes(watch, 1, other(index));
    expect(() => watch.assertMayRun(handler())).toThrow('crashed its sandbox 3 times');
    // Of the other plugin fifty are known, and the one that is refused is among them.
    expect(() => watch.assertMayRun(other(0))).toThrow('crashed its sandbox 3 times');
    expect(watch.list()).toHaveLength(51);
  });

  it('stays refused while there are some of other plugins to forget that are not', () => {
    const { watch } = bench();
    crashes(watch, 3);
    for (let index = 0; index < 1100; index += 1) crashes(watch, 1, handler({ root: `/plugins/${index}` }));
    expect(watch.list()).toHaveLength(1000);
    expect(() => watch.assertMayRun(handler())).toThrow('crashed its sandbox 3 times');
  });

  it('is forgotten when a thousand others are refused since', () => {
    const { watch } = bench();
    crashes(watch, 3);
    for (let index = 0; index < 1000; index += 1) crashes(watch, 3, handler({ root: `/plugins/${index}` }));
    expect(watch.list()).toHaveLength(1000);
    watch.assertMayRun(handler());
  });

  it('is never refused where the host wants none of it', () => {
    const { watch } = bench(false);
    crashes(watch, 100);
    watch.assertMayRun(handler());
    expect([watch.list(), watch.reset()]).toEqual([[], 0]);
  });
});
