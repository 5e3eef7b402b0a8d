import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventSubscription } from '@kb-labs/contracts';
import { matches } from '../src/topic-pattern.js';
import { pattern, topic } from './arbitraries.js';
import { nextTurn, openBus, withCode } from './open-bus.js';

const step = fc.oneof(
  fc.record({ kind: fc.constant('subscribe' as const), pattern, rejects: fc.boolean() }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat(8) }),
  fc.record({ kind: fc.constant('publish' as const), topic, by: fc.constantFrom(0, 1) }),
);

interface Listener {
  readonly segments: readonly string[];
  readonly heard: unknown[];
  readonly expected: unknown[];
  readonly subscription: EventSubscription;
}

describe('what a port remembers of its topics', () => {
  it('lets every event reach just those who listen at that time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await using test = openBus();
        const ports = [test.open(), test.open()] as const;
        const all: Listener[] = [];
        let open: Listener[] = [];
        for (const [at, each] of steps.entries()) {
          if (each.kind === 'subscribe') {
            const heard: unknown[] = [];
            const listener = ({ payload }: { readonly payload: unknown }): void => void heard.push(payload);
            const overflow = each.rejects ? 'reject' : 'drop-oldest';
            const subscription = ports[0].subscribe(each.pattern, listener, { overflow });
            const added = { segments: each.pattern.split('.'), heard, expected: [], subscription };
            all.push(added);
            open.push(added);
          } else if (each.kind === 'end') {
            open[each.at]?.subscription[Symbol.dispose]();
            open = open.filter((_, place) => place !== each.at);
          } else {
            for (const { segments, expected } of open) if (matches(segments, each.topic)) expected.push(at);
            await ports[each.by].publish(each.topic.join('.'), at);
            await nextTurn();
          }
        }
        expect(all.map(({ heard }) => heard)).toEqual(all.map(({ expected }) => expected));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('is asked for each scope apart, and allows nothing to another port', async () => {
    await using test = openBus();
    const consume = ['**'];
    const port = test.open({ rules: [{ produce: ['a'], consume, scopes: ['execution'] }] });
    const other = test.open({ rules: [{ produce: ['b'], consume, scopes: ['execution', 'plugin'] }] });
    await port.publish('a', 1);
    await other.publish('b', 1);
    await expect(port.publish('a', 1, { scope: 'plugin' })).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
    await expect(port.publish('b', 1)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
    await expect(other.publish('a', 1)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
  });

  it('holds no longer than the port', async () => {
    await using test = openBus();
    const port = test.open();
    await port.publish('a', 1);
    await port[Symbol.asyncDispose]();
    await expect(port.publish('a', 1)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
  });

  it('is let go of where a publisher uses more topics than it can hold, and decides and delivers as before', async () => {
    await using test = openBus();
    const port = test.open({ rules: [{ produce: ['a.*'], consume: ['**'], scopes: ['execution'] }] });
    const heard: unknown[] = [];
    port.subscribe('**', ({ topic: name }) => void heard.push(name), { queueLimit: 1000 });
    const topics = Array.from({ length: 300 }, (_, at) => `a.t${at}`);
    for (const name of [...topics, ...topics]) await port.publish(name, null);
    await expect(port.publish('b.t1', null)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
    await nextTurn();
    expect(heard).toEqual([...topics, ...topics]);
  });
});
