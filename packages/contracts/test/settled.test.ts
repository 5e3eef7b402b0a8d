import { describe, expect, it } from 'vitest';
import { settledValue, settledWith } from '../src/index.js';

describe('settledWith', () => {
  it('is a promise like any other to whoever waits for it', async () => {
    expect(await settledWith({ place: 1 })).toEqual({ place: 1 });
  });

  it.each([[undefined], [null], [0], [{ place: 1 }]])('shows without a wait what it was made of: %o', (value) => {
    expect(settledValue(settledWith(value))).toEqual({ value });
  });
});

describe('settledValue', () => {
  const made = settledWith(1);
  it.each<[string, PromiseLike<unknown>]>([
    ['a promise', Promise.resolve(1)],
    ['what follows from a marked one', made.then((value) => value + 1)],
  ])('has nothing to show of %s', (_, work) => {
    expect(settledValue(work)).toBeUndefined();
  });

  it('takes what is no promise at all for one that must be waited for', () => {
    expect(settledValue(JSON.parse('null'))).toBeUndefined();
  });
});
