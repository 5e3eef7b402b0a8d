import { describe, expect, it } from 'vitest';
import { createLazyAbort } from '../../src/wire/lazy-abort.js';

describe('the signal of a run', () => {
  it('is one, whoever asks', () => {
    const stop = createLazyAbort();
    expect(stop.signal()).toBe(stop.signal());
    expect(stop.signal().aborted).toBe(false);
  });

  it.each(['before', 'after'])('aborts with the first reason where it is asked for %s', (when) => {
    const stop = createLazyAbort();
    const asked = when === 'before' ? stop.signal() : undefined;
    stop.abort('first');
    stop.abort('second');
    expect(asked ?? stop.signal()).toMatchObject({ aborted: true, reason: 'first' });
  });
});
