import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { IdSource } from '../src/id-source.js';

describe('an id source', () => {
  it('makes UUIDv7s that tell their time, none of them twice, also where two count at the same millisecond', () => {
    const times = Array.from({ length: 5000 }, (_, at) => 1_700_000_000_000 + Math.trunc(at / 1000));
    const sources = [new IdSource(), new IdSource()];
    const ids = times.flatMap((time) => sources.map((source) => source.next(time)));
    expect(new Set(ids).size).toBe(10_000);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    const told = ids.map((id) => Number.parseInt(id.slice(0, 13).replace('-', ''), 16));
    expect(told).toEqual(times.flatMap((time) => [time, time]));
  });

  it.each([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 1e300])('makes one of the time %s as well', (time) => {
    const source = new IdSource();
    const [one, two] = [source.next(time), source.next(time)];
    expect([one, two].every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(one).not.toBe(two);
  });
});
