import type { ExecutionEvent } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { createListening } from '../src/listening.js';
import { STAMP } from './stamp.js';

function call(name: string, code?: 'ERR_EVENT_DENIED'): ExecutionEvent {
  const end = { call: 0, args: [], callSpanId: 'c', startTime: 0, ms: 0, code };
  return { ...STAMP, ...end, type: 'host-call', name, outcome: { ok: true, value: 1 } };
}

/** Whether all listen after these events. */
async function listens(events: readonly ExecutionEvent[], subscriptions: number = 2): Promise<boolean> {
  const listening = createListening([{ label: 'one', subscriptions }, { label: 'two' }]);
  for (const event of events) listening.observe('one', event);
  const not = Symbol('not yet');
  return (await Promise.race([listening.all, Promise.resolve(not).then((value) => value)])) !== not;
}

describe('a run listens', () => {
  it('when it has made all its subscriptions', async () => {
    const [one, other] = [call('events.subscribe'), call('events.publish')];
    expect([await listens([one, other]), await listens([one, other, one])]).toEqual([false, true]);
  });

  it('not when one was refused', async () => {
    expect(await listens([call('events.subscribe', 'ERR_EVENT_DENIED')], 1)).toBe(false);
  });

  it('or is over', async () => {
    const listening = createListening([{ label: 'one', subscriptions: 2 }]);
    listening.over('one');
    await expect(listening.all).resolves.toEqual([undefined]);
  });

  it('at once where it makes none', async () => {
    expect(await listens([], 0)).toBe(true);
  });
});
