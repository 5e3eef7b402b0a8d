import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { assertRefused, show } from '../../src/bench/assert-refused.js';

describe('what must be refused', () => {
  it.each([
    ['at once', (): never => fail()],
    ['later', (): Promise<never> => Promise.resolve().then(fail)],
  ])('is fine where it is, %s', async (_, call) => {
    expect(await assertRefused(call, 'ERR_IO_FAILED', 'put of "a"')).toBeUndefined();
  });

  it.each([
    ['was accepted', (): unknown => 1],
    ['ended with ERR_IO_FAILED: broken', fail],
    ['ended with TypeError: nothing', (): never => raise(new TypeError('nothing'))],
    ['ended with "text"', (): never => raise('text')],
  ])('is named where it %s', async (got, call) => {
    await expect(assertRefused(call, 'ERR_ABORTED', 'put of the plugin "self"')).rejects.toThrow(
      `put of the plugin "self" ${got}, and owes ERR_ABORTED`,
    );
  });

  it('has what was thrown as its cause', async () => {
    const thrown = new TypeError('nothing');
    await expect(assertRefused(() => raise(thrown), 'ERR_ABORTED')).rejects.toMatchObject({ cause: thrown });
  });

  it('is shown in few characters', () => {
    expect([show('a\0'), show(undefined), show('x'.repeat(100)).length]).toEqual([
      String.raw`"a\u0000"`,
      'undefined',
      81,
    ]);
  });
});

function fail(): never {
  throw createError('ERR_IO_FAILED', 'broken');
}

function raise(value: unknown): never {
  throw value;
}
