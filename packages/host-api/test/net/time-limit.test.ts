import { describe, expect, it } from 'vitest';
import { withinTime } from '../../src/net/time-limit.js';

const never = new Promise<never>(() => undefined);

describe('what is done within a time', () => {
  it('brings its own result, or its own failure', async () => {
    expect(await withinTime(Promise.resolve(7), { ms: 1, code: 'LATE' })).toBe(7);
    await expect(withinTime(Promise.reject(new Error('its own')), { ms: 1, code: 'LATE' })).rejects.toThrow('its own');
  });

  it('fails with the code where it is late', async () => {
    await expect(withinTime(never, { ms: 1, code: 'LATE' })).rejects.toMatchObject({ code: 'LATE' });
  });

  it('has its time from when it begins, which may be never', async () => {
    const { promise: from, resolve: begin } = Promise.withResolvers<void>();
    const { promise: work, resolve: finish } = Promise.withResolvers<string>();
    const waiting = withinTime(work, { ms: 1, code: 'LATE', from });
    // Another one with the same time has ended long before.
    await expect(withinTime(never, { ms: 20, code: 'OTHER' })).rejects.toMatchObject({ code: 'OTHER' });
    finish('in time');
    expect(await waiting).toBe('in time');
    const late = withinTime(never, { ms: 1, code: 'LATE', from });
    begin();
    await expect(late).rejects.toMatchObject({ code: 'LATE' });
  });
});
