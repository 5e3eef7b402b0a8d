import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { abortError, linkSignals, untilAborted } from '../src/abort.js';

describe('linkSignals', () => {
  it('follows the first source that goes, with its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    using linked = linkSignals([one.signal, undefined, two.signal]);
    two.abort('enough');

    expect([linked.signal.aborted, linked.signal.reason]).toEqual([true, 'enough']);
  });

  it('has gone where a source had', () => {
    using linked = linkSignals([AbortSignal.abort('before')]);
    expect(linked.signal.reason).toBe('before');
  });

  it('leaves nothing on a long-lived signal', () => {
    const { signal } = new AbortController();
    for (let run = 0; run < 50; run += 1) {
      using _linked = linkSignals([signal]);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('abortError', () => {
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
    [undefined, 'This operation was aborted'],
    [null, 'a reason of type null'],
    [42, 'a reason of type number'],
    [hostile, 'a reason of type object'],
    [Object.defineProperty(new Error('x'), 'message', { get: () => 'got' }), 'an error without a message'],
  ])('says the reason in words (%#)', (reason, text) => {
    expect(abortError(AbortSignal.abort(reason))).toMatchObject({ code: 'ERR_ABORTED', details: { reason: text } });
  });
});

describe('untilAborted', () => {
  it('gives what the work gives', async () => {
    await expect(untilAborted(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
  });

  it('does not wait for work that never ends', async () => {
    const aborter = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), aborter.signal);
    aborter.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
