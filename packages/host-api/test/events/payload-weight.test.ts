import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weighPayload } from '../../src/events/payload-weight.js';

/** Values, and names of members. */
function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inside = Object.values(value).reduce<number>((sum, item) => sum + countValues(item), 1);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}

describe('weighPayload', () => {
  it('never finds a payload lighter than it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), fc.nat(60), (value, times) => {
        for (const payload of [value, Array.from({ length: times }, () => value)]) {
          const { bytes, elements } = weighPayload(payload);
          expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(payload)));
          expect(elements).toBeGreaterThanOrEqual(countValues(payload));
        }
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  it('finds large text no heavier than it is', () => {
    expect(weighPayload({ text: 'x'.repeat(20_000) }).bytes).toBe(20_011);
  });
});
