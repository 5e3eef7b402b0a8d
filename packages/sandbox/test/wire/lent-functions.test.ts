import { describe, expect, it } from 'vitest';
import { takeSignal } from '../../src/wire/lent-functions.js';

const { signal } = new AbortController();

describe('the arguments of a host call', () => {
  it.each<[string, readonly unknown[], readonly unknown[], AbortSignal | undefined]>([
    ['go as they are without a signal', ['a', { limit: 1 }], ['a', { limit: 1 }], undefined],
    ['keep the rest of the options', ['a', { limit: 1, signal }], ['a', { limit: 1 }], signal],
    ['lose options that hold a signal alone', ['a', { signal }], ['a'], signal],
    ['lose a signal that is undefined', ['a', { signal: undefined, limit: 1 }], ['a', { limit: 1 }], undefined],
    ['stay as many as they were without a signal', [{ signal: undefined }], [{}], undefined],
    ['keep what only looks like a signal', ['a', { signal: 'its own' }], ['a', { signal: 'its own' }], undefined],
    ['keep a signal that is not in the last one', [{ signal }, 'a'], [{ signal }, 'a'], undefined],
    ['may be none', [], [], undefined],
  ])('%s', (_, args, sent, taken) => {
    expect(takeSignal(args)).toEqual({ sent, signal: taken });
  });
});
