import { describe, expect, it } from 'vitest';
import { countSurplus } from '../../src/fork/spare-demand.js';

const fresh = (): { surplusSince: number | undefined } => ({ surplusSince: undefined });

describe('spares that are too many', () => {
  it('go at once where none is needed any more', () => {
    expect(countSurplus(fresh(), { ready: 3, target: 0, now: 0 })).toBe(3);
  });

  it('go one by one, each once there was one too many for four seconds', () => {
    const shelf = fresh();
    const ask = (now: number, ready: number): number => countSurplus(shelf, { ready, target: 1, now });
    expect([0, 3_999].map((now) => ask(now, 3))).toEqual([0, 0]);
    expect(ask(4_000, 3)).toBe(1);
    expect([4_250, 8_249].map((now) => ask(now, 2))).toEqual([0, 0]);
    expect(ask(8_250, 2)).toBe(1);
  });

  it('stay where they are needed again before that', () => {
    const shelf = fresh();
    expect(countSurplus(shelf, { ready: 2, target: 1, now: 0 })).toBe(0);
    expect(countSurplus(shelf, { ready: 2, target: 2, now: 3_000 })).toBe(0);
    expect(countSurplus(shelf, { ready: 2, target: 1, now: 5_000 })).toBe(0);
  });
});
