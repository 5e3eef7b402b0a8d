import type { EffectiveQuotas, QuotaReservation } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQuotaMeter, DEFAULT_QUOTAS, QuotaExceededError } from '../src/index.js';

function limits(changes: Partial<EffectiveQuotas>): EffectiveQuotas {
  return { ...DEFAULT_QUOTAS, ...changes };
}

function attempt(reserve: () => QuotaReservation): QuotaReservation | undefined {
  try {
    return reserve();
  } catch (error) {
    if (error instanceof QuotaExceededError) return undefined;
    throw error;
  }
}

describe('a quota meter', () => {
  it('keeps what was committed, and returns the rest', () => {
    const meter = createQuotaMeter(limits({ maxBytesRead: 100 }));
    const held = meter.reserve('maxBytesRead', 60);
    expect(meter.used('maxBytesRead')).toBe(60);
    held.commit(10);
    expect(meter.used('maxBytesRead')).toBe(10);
    meter.reserve('maxBytesRead', 90).commit();
    expect(meter.used('maxBytesRead')).toBe(100);
    expect(meter.used('maxFetches')).toBe(0);
  });

  it('refuses what does not fit, and takes nothing', () => {
    const meter = createQuotaMeter(limits({ maxFetches: 2 }));
    meter.reserve('maxFetches', 2);
    expect(() => meter.reserve('maxFetches', 1)).toThrow(QuotaExceededError);
    expect(() => meter.reserve('maxFetches', 1)).toThrow(
      expect.objectContaining({
        code: 'ERR_QUOTA_EXCEEDED',
        message: 'maxFetches is used up: 2 of 2 used, 1 more requested',
        details: { quota: 'maxFetches', used: 2, requested: 1, limit: 2 },
      }),
    );
    expect(meter.used('maxFetches')).toBe(2);
  });

  it('of 0 gives nothing but nothing', () => {
    const meter = createQuotaMeter(limits({ maxFetches: 0 }));
    expect(() => meter.reserve('maxFetches', 1)).toThrow(QuotaExceededError);
    meter.reserve('maxFetches', 0).commit();
  });

  it('never gives more than there is to calls that run side by side', async () => {
    const meter = createQuotaMeter(limits({ maxBytesWritten: 1000 }));
    const write = async (): Promise<number> => {
      const held = meter.reserve('maxBytesWritten', 30);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      held.commit(20);
      return 20;
    };
    const results = await Promise.allSettled(Array.from({ length: 100 }, write));
    const written = results.filter(({ status }) => status === 'fulfilled').length * 20;
    expect(meter.used('maxBytesWritten')).toBe(written);
    expect(written).toBe(33 * 20);
  });

  it('settles a reservation once', () => {
    const meter = createQuotaMeter(limits({ maxFetches: 10 }));
    const held = meter.reserve('maxFetches', 5);
    held.giveBack();
    held.giveBack();
    held.commit();
    expect(meter.used('maxFetches')).toBe(0);
    const kept = meter.reserve('maxFetches', 5);
    kept.commit();
    kept.giveBack();
    expect(meter.used('maxFetches')).toBe(5);
  });

  it.each([
    [6, 5],
    [-1, 5],
    [NaN, 5],
    [Infinity, 5],
    [1.5, 2],
    [0, 0],
  ])('of 5 reserved and %d committed, keeps %d', (actual, kept) => {
    const meter = createQuotaMeter(limits({ maxFetches: 10 }));
    meter.reserve('maxFetches', 5).commit(actual);
    expect(meter.used('maxFetches')).toBe(kept);
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53])('reserves no amount of %d', (amount) => {
    const meter = createQuotaMeter(DEFAULT_QUOTAS);
    expect(() => meter.reserve('maxFetches', amount)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    expect(meter.used('maxFetches')).toBe(0);
  });

  it.each(['timeoutMs', '__proto__', 'constructor', ''])('counts no %j', (name) => {
    const reserve: (name: never, amount: number) => unknown = createQuotaMeter(DEFAULT_QUOTAS).reserve;
    expect(() => reserve(name as never, 1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it.each([0.5, NaN, -1, Infinity])('wants limits that are whole numbers, and not %d', (limit) => {
    expect(() => createQuotaMeter(limits({ maxFetches: limit }))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('/maxFetches') }),
    );
  });

  it('never falls below 0 nor rises above the limit', () => {
    const step = fc.tuple(
      fc.constantFrom('reserve', 'commit', 'giveBack'),
      fc.nat(60),
      fc.double({ min: -10, max: 80 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(100), (steps, limit) => {
        const meter = createQuotaMeter(limits({ maxBytesRead: limit }));
        const held: QuotaReservation[] = [];
        for (const [action, amount, actual] of steps) {
          const before = meter.used('maxBytesRead');
          if (action === 'commit') held[amount % (held.length + 1)]?.commit(actual);
          if (action === 'giveBack') held[amount % (held.length + 1)]?.giveBack();
          const fits = before + amount <= limit;
          const reserved = action === 'reserve' ? attempt(() => meter.reserve('maxBytesRead', amount)) : undefined;
          expect(reserved !== undefined).toBe(action === 'reserve' && fits);
          if (reserved !== undefined) held.push(reserved);
          const used = meter.used('maxBytesRead');
          expect(Number.isSafeInteger(used) && used >= 0 && used <= limit).toBe(true);
        }
        for (const reservation of held) reservation.giveBack();
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('a quota meter with a parent', () => {
  it('takes from both, or from neither', () => {
    const parent = createQuotaMeter(limits({ maxFetches: 5 }));
    const child = createQuotaMeter(limits({ maxFetches: 4 }), parent);
    const used = (): number[] => [parent.used('maxFetches'), child.used('maxFetches')];
    const held = child.reserve('maxFetches', 3);
    expect(used()).toEqual([3, 3]);
    held.commit(2);
    held.commit(3);
    expect(used()).toEqual([2, 2]);
    parent.reserve('maxFetches', 2).commit();
    // One is left above, two here.
    expect(() => child.reserve('maxFetches', 2)).toThrow(
      expect.objectContaining({ details: { quota: 'maxFetches', used: 4, requested: 2, limit: 5 } }),
    );
    expect(used()).toEqual([4, 2]);
    expect(() => child.reserve('maxFetches', 3)).toThrow(
      expect.objectContaining({ details: { quota: 'maxFetches', used: 2, requested: 3, limit: 4 } }),
    );
    child.reserve('maxFetches', 1).giveBack();
    expect(used()).toEqual([4, 2]);
  });

  it('charges every caller above it, and never more than one of them has', () => {
    const step = fc.tuple(fc.nat(3), fc.nat(20), fc.constantFrom('commit', 'part', 'giveBack'));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }),
        (steps, most) => {
          const meters: ReturnType<typeof createQuotaMeter>[] = [];
          for (const limit of most) meters.push(createQuotaMeter(limits({ maxEvents: limit }), meters.at(-1)));
          for (const [depth, amount, end] of steps) {
            const held = attempt(() =>
              (meters[depth] ?? createQuotaMeter(DEFAULT_QUOTAS)).reserve('maxEvents', amount),
            );
            if (end === 'commit') held?.commit();
            else if (end === 'part') held?.commit(amount / 2);
            else held?.giveBack();
            const used = meters.map((meter) => meter.used('maxEvents'));
            expect(used).toEqual(used.toSorted((a, b) => b - a));
            expect(used.every((value, index) => value >= 0 && value <= (most[index] ?? 0))).toBe(true);
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('DEFAULT_QUOTAS', () => {
  it('are frozen, and in the range of a spec', () => {
    expect(Object.isFrozen(DEFAULT_QUOTAS)).toBe(true);
    expect(createQuotaMeter(DEFAULT_QUOTAS).limits).toEqual(DEFAULT_QUOTAS);
  });
});
