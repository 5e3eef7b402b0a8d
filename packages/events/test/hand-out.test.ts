import { describe, expect, it } from 'vitest';
import type { EventPort } from '@kb-labs/contracts';
import { collect, nextTurn, openBus } from './open-bus.js';

describe('what is published while an event is being handed out', () => {
  it('comes after it, for all who listen', async () => {
    const opened: EventPort[] = [];
    await using test = openBus({
      report: ({ kind }) => {
        if (kind === 'dropped') void opened[0]?.publish('lost', null);
      },
    });
    const port = test.open();
    opened.push(port);
    const { events, listener } = collect(0);
    // It loses the first event while the second is being handed out, before the other listener gets that.
    const full = port.stream('a', { queueLimit: 1 });
    port.subscribe('**', listener);
    await port.publish('a', 1);
    await port.publish('a', 2);
    await nextTurn();
    expect(events.map(({ topic, payload }) => [topic, payload])).toEqual([
      ['a', 1],
      ['a', 2],
      ['lost', null],
    ]);
    full[Symbol.dispose]();
  });
});
