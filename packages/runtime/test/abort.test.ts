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
  it('says the reason', () => {
    expect(abortError(AbortSignal.abort('the user left'))).toMatchObject({
      code: 'ERR_ABORTED',
      message: 'the caller ended the execution: the user left',
      details: { reason: 'the user left' },
    });
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
