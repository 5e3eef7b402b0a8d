import { describe, expect, it } from 'vitest';
import { createCommandSlots } from '../../src/shell/command-slots.js';

describe('slots', () => {
  const never = new AbortController().signal;

  it('let so many in, and the others in their order', async () => {
    const slots = createCommandSlots(2);
    const order: string[] = [];
    const first = await slots.take(1000, never);
    const second = await slots.take(1000, never);
    const third = slots.take(1000, never).then((slot) => (order.push('third'), slot));
    const fourth = slots.take(1000, never).then((slot) => (order.push('fourth'), slot));
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    (await fourth)[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(order).toEqual(['third', 'fourth']);
  });

  it('are not lost with those who gave up waiting', async () => {
    const slots = createCommandSlots(1);
    const held = await slots.take(1000, never);
    const controller = new AbortController();
    const aborted = slots.take(1000, controller.signal);
    const late = slots.take(1, never);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(late).rejects.toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
    held[Symbol.dispose]();
    const next = await slots.take(1, never);
    next[Symbol.dispose]();
    await expect(slots.take(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    (await slots.take(1, never))[Symbol.dispose]();
  });
});
