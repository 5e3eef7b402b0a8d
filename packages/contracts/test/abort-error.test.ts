import { describe, expect, it } from 'vitest';
import { createAbortError } from '../src/index.js';

describe('createAbortError', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('trapped');
    },
    getPrototypeOf() {
      throw new Error('trapped');
    },
  });

  it.each([
    ['the user left', 'the user left'],
    [new Error('shutting down'), 'shutting down'],
    ['x'.repeat(1000), 'x'.repeat(200)],
    [undefined, 'This operation was aborted'],
    [null, 'a reason of type null'],
    [42, 'a reason of type number'],
    [hostile, 'a reason of type object'],
    [Object.defineProperty(new Error('x'), 'message', { get: () => 'got' }), 'an error without a message'],
  ])('says the reason in words (%#)', (reason, text) => {
    expect(createAbortError('the work was given up', AbortSignal.abort(reason))).toMatchObject({
      code: 'ERR_ABORTED',
      message: `the work was given up: ${text}`,
      details: { reason: text },
    });
  });
});
