import { describe, expect, it } from 'vitest';
import { createLateStop } from '../../src/wire/late-stop.js';

describe('the signal of a run', () => {
  it('is one, whoever asks', () => {
    const stop = createLateStop();
    expect(stop.signal()).toBe(stop.signal());
    expect(stop.signal().aborted).toBe(false);
  });

  it.each(['before', 'after'])('aborts with the first reason where it is asked for %s', (when) => {
    const stop = createLateStop();
    const asked = when === 'before' ? stop.signal() : undefined;
    stop.abort('first');
    stop.abort('second');
    expect(asked ?? stop.signal()).toMatchObject({ aborted: true, reason: 'first' });
  });
});
