import type { DeliveredEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { outcome } from '../open-host.js';
import { openEventHost } from './open-event-host.js';
import type { EventHost } from './open-event-host.js';

/** What `events.next` brought: subscription and payload. */
async function next({ call }: Pick<EventHost, 'call'>): Promise<readonly (readonly [number, unknown])[]> {
  const events = await call('events.next');
  if (!isDelivered(events)) throw new Error('these are no events');
  return events.map(({ subscription, event }) => [subscription, event.payload]);
}

function isDelivered(value: unknown): value is readonly DeliveredEvent[] {
  return Array.isArray(value);
}

async function publish({ call }: Pick<EventHost, 'call'>, topic: string, payloads: readonly unknown[]): Promise<void> {
  for (const payload of payloads) await call('events.publish', topic, payload);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('events.next', () => {
  it('waits for the first event, also of a subscription that comes later', async () => {
    const host = openEventHost();
    const waiting = next(host);
    await host.call('events.subscribe', 'noise');
    await publish(host, 'noise', ['now']);
    expect(await waiting).toEqual([[1, 'now']]);
  });

  it.each([[[100]], [[256, 44]]])(
    'hands over as many at once as wait in one queue, in their order: %j',
    async (sizes) => {
      const host = openEventHost();
      await host.call('events.subscribe', 'noise');
      const all = upTo(sizes.reduce((sum, size) => sum + size, 0));
      await publish(host, 'noise', all);
      const batches: (readonly unknown[])[] = [];
      for (const _ of sizes) batches.push((await next(host)).map(([, payload]) => payload));
      expect([batches.map(({ length }) => length), batches.flat()]).toEqual([sizes, all]);
    },
  );

  it('hands over at most 64 at once of queues that hold no more, also while they fill', async () => {
    const host = openEventHost();
    for (const _ of [1, 2, 3])
      await host.call('events.subscribe', 'noise', { queueLimit: 30, overflow: 'drop-newest' });
    await publish(host, 'noise', upTo(40));
    const waiting = next(host);
    await publish(host, 'noise', upTo(40));
    expect(await waiting).toHaveLength(64);
  });

  it('lets no busy subscription starve a quiet one', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    await host.call('events.subscribe', 'report.*');
    await publish(host, 'noise', upTo(500));
    await publish(host, 'report.done', ['quiet', 'quiet']);
    const batch = await next(host);
    expect(batch).toHaveLength(256);
    expect(batch.filter(([subscription]) => subscription === 2)).toEqual([
      [2, 'quiet'],
      [2, 'quiet'],
    ]);
  });

  it('serves every one of more subscriptions than fit into an answer', async () => {
    const host = openEventHost();
    for (let index = 0; index < 100; index += 1) await host.call('events.subscribe', 'noise');
    await publish(host, 'noise', [1, 2]);
    const batches = [await next(host), await next(host), await next(host), await next(host)];
    expect(batches.map(({ length }) => length)).toEqual([64, 64, 64, 8]);
    const served = [...(batches[0] ?? []), ...(batches[1] ?? [])].slice(0, 100).map(([subscription]) => subscription);
    expect(new Set(served).size).toBe(100);
  });

  it('loses what the policy of the queue says, and nothing else', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise', { queueLimit: 3, overflow: 'drop-oldest' });
    await host.call('events.subscribe', 'noise', { queueLimit: 3, overflow: 'drop-newest' });
    await publish(host, 'noise', upTo(10));
    const batch = await next(host);
    expect(batch.filter(([id]) => id === 1).map(([, payload]) => payload)).toEqual([8, 9, 10]);
    expect(batch.filter(([id]) => id === 2).map(([, payload]) => payload)).toEqual([1, 2, 3]);
    expect(host.reports.filter(({ kind }) => kind === 'dropped')).toHaveLength(14);
    await publish(host, 'noise', ['after']);
    expect(await next(host)).toHaveLength(2);
  });

  it('refuses a publisher where a full queue rejects', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise', { queueLimit: 2, overflow: 'reject' });
    await publish(host, 'noise', [1, 2]);
    expect(await outcome(host.call('events.publish', 'noise', 3))).toBe('ERR_EVENT_OVERFLOW');
    expect(host.meter.used('maxEvents')).toBe(2);
    expect(await next(host)).toHaveLength(2);
    expect(await outcome(host.call('events.publish', 'noise', 3))).toMatch(/^resolved/);
  });

  it('ends an answer before it is too large for a message', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    const large = 'x'.repeat(60_000);
    await publish(host, 'noise', Array(12).fill(large));
    const many = Array(4_000).fill(0);
    await publish(host, 'noise', Array(4).fill(many));
    const sizes: number[] = [];
    while (sizes.reduce((sum, size) => sum + size, 0) < 16) {
      const batch = await next(host);
      expect(JSON.stringify(batch).length).toBeLessThan(1_048_576);
      sizes.push(batch.length);
    }
    expect(sizes).toEqual([8, 6, 2]);
  });

  it('is one call at a time', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    const waiting = next(host);
    expect(await outcome(host.call('events.next'))).toBe('ERR_INVALID_ARGUMENT');
    await publish(host, 'noise', [1]);
    expect(await waiting).toEqual([[1, 1]]);
  });

  it('keeps for the next call what came while one was given up', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    const controller = new AbortController();
    const given = outcome(host.api.call('events.next', [], { signal: controller.signal }));
    const published = publish(host, 'noise', [1, 2, 3]);
    controller.abort();
    expect(await given).toBe('ERR_ABORTED');
    await published;
    const got: unknown[] = [];
    while (got.length < 3) got.push(...(await next(host)).map(([, payload]) => payload));
    expect(got).toEqual([1, 2, 3]);
  });

  it('hands over nothing of a subscription that was ended', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    await host.call('events.subscribe', 'report.done');
    const waiting = next(host);
    await publish(host, 'report.done', ['early']);
    expect(await waiting).toEqual([[2, 'early']]);
    await publish(host, 'noise', upTo(5));
    await host.call('events.unsubscribe', 1);
    await publish(host, 'report.done', ['late']);
    expect(await next(host)).toEqual([[2, 'late']]);
  });

  it('ends with the run, quietly, and lets go of the bus', async () => {
    const host = openEventHost({ bus: { maxSubscriptions: 2 } });
    await host.call('events.subscribe', 'noise');
    await host.call('events.subscribe', 'noise');
    const waiting = outcome(host.call('events.next'));
    await host.api[Symbol.asyncDispose]();
    expect(await waiting).toBe('resolved: []');
    expect(await outcome(host.call('events.next'))).toBe('ERR_PERMISSION_DENIED run-over');
    using free = host.port.stream('noise');
    expect(free.waiting).toBe(0);
  });

  it('waits on where the port has ended, until the run does', async () => {
    const host = openEventHost();
    await host.call('events.subscribe', 'noise');
    const waiting = outcome(host.call('events.next'));
    await host.port[Symbol.asyncDispose]();
    await host.api[Symbol.asyncDispose]();
    expect(await waiting).toBe('resolved: []');
  });
});
