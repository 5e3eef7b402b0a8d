import { expect, it } from 'vitest';
import { checkedFactory } from '../../src/bench/checked-factory.js';

it('a factory is refused once it has made what it does not owe', async () => {
  const { create, isRefused } = checkedFactory(
    (made: number) => made,
    (made) => {
      if (made !== 1) throw new Error('not one');
    },
  );
  expect([await create(1), isRefused()]).toEqual([1, false]);
  await expect(create(2)).rejects.toThrow('not one');
  expect([await create(1), isRefused()]).toEqual([1, true]);
});

it('what a factory throws is its own, and refuses nothing', async () => {
  const { create, isRefused } = checkedFactory(
    () => Promise.reject(new Error('broken')),
    () => undefined,
  );
  await expect(create(1)).rejects.toThrow('broken');
  expect(isRefused()).toBe(false);
});
