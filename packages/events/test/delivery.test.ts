import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, nextTurn, openBus, payloads, withCode } from './open-bus.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('delivery', () => {
  it('never happens while somebody publishes', async () => {
    await using test = openBus();
    const port = test.open();
    const { events, all, listener } = collect(1);
    port.subscribe('a', listener);
    const published = port.publish('a', null);
    expect(events).toEqual([]);
    await Promise.all([published, all]);
  });

  it('keeps the order of each topic for each subscriber, whoever publishes and however slow it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ topic: fc.constantFrom('a', 'b.c'), by: fc.constantFrom(0, 1), slow: fc.boolean() }), {
          maxLength: 60,
        }),
        async (steps) => {
          await using test = openBus();
          const ports = [test.open(), test.open()] as const;
          const heard = new Map<string, unknown[]>();
          for (const pattern of ['a', '**', 'b.*']) {
            const list: unknown[] = [];
            heard.set(pattern, list);
            ports[0].subscribe(pattern, async ({ payload }) => {
              list.push(payload);
              if (steps[Number(payload)]?.slow === true) await nextTurn();
            });
          }
          await Promise.all(steps.map(({ topic, by }, index) => ports[by === 0 ? 0 : 1].publish(topic, index)));
          await test[Symbol.asyncDispose]();
          const of = (topic: string): number[] => numbers(steps.length).filter((at) => steps[at]?.topic === topic);
          expect(heard.get('a')).toEqual(of('a'));
          expect(heard.get('b.*')).toEqual(of('b.c'));
          expect(heard.get('**')).toEqual(numbers(steps.length));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('drops exactly what a full queue has no room for, and says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 60 }),
        async (overflow, queueLimit, count) => {
          await using test = openBus();
          const port = test.open();
          const stream = port.stream('a', { overflow, queueLimit });
          for (const number of numbers(count)) await port.publish('a', number);
          const dropped = Math.max(0, count - queueLimit);
          expect([stream.waiting, stream.dropped, test.reports.length]).toEqual([count - dropped, dropped, dropped]);
          const kept: unknown[] = [];
          while (stream.waiting > 0) kept.push((await stream.next()).value?.payload);
          const all = numbers(count);
          expect(kept).toEqual(overflow === 'drop-oldest' ? all.slice(dropped) : all.slice(0, count - dropped));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('holds what waits to its bytes, for each subscriber and for all of a plugin, however many do not read', async () => {
    const queueBytes = 100_000;
    const maxWaitingBytes = 300_000;
    await using test = openBus({ queueBytes, maxWaitingBytes });
    const [port, other] = [test.open(), test.open({ pluginId: 'beta' })];
    const unread = numbers(200).map((at) => port.stream(at % 2 === 0 ? 'a' : '**', { scope: 'host' }));
    const apart = other.stream('a', { scope: 'host' });
    for (const number of numbers(40)) await port.publish('a', `${number}`.padEnd(10_000), { scope: 'host' });
    const waiting = unread.reduce((sum, stream) => sum + stream.waiting, 0);
    expect(waiting * 10_000).toBeGreaterThan(maxWaitingBytes / 2);
    expect(waiting * 10_000).toBeLessThanOrEqual(maxWaitingBytes);
    expect(unread.every((stream) => stream.waiting + stream.dropped === 40)).toBe(true);
    // Another plugin keeps what its own queue has room for.
    expect([apart.waiting, apart.dropped]).toEqual([9, 31]);
    expect((await apart.next()).value?.payload).toBe('31'.padEnd(10_000));
    const lost = unread.reduce((sum, stream) => sum + stream.dropped, apart.dropped);
    const reasons = test.reports.map((report) => (report.kind === 'dropped' ? report.reason : report.kind));
    expect(reasons).toEqual(Array.from({ length: lost }, () => 'overflow'));
  });

  it('gives back what was read, and lets small events in beside a plugin’s queues that nobody reads', async () => {
    await using test = openBus({ queueBytes: 50_000, maxWaitingBytes: 50_000, maxSubscriptions: 50 });
    const port = test.open();
    const unread = port.stream('large', { overflow: 'drop-newest' });
    const read = port.stream('small');
    for (const number of numbers(9)) await port.publish('large', `${number}`.padEnd(10_000));
    const heard: unknown[] = [];
    for (const number of numbers(9)) {
      await port.publish('small', `${number}`.padEnd(600));
      heard.push(Number((await read.next()).value?.payload));
    }
    expect([heard, unread.waiting, unread.dropped, read.dropped]).toEqual([numbers(9), 4, 5, 0]);
    while (unread.waiting > 0) await unread.next();
    await port.publish('large', 'x'.repeat(40_000));
    expect([unread.waiting, unread.dropped]).toEqual([1, 5]);
  });

  it('takes an event larger than a queue where nothing waits in it', async () => {
    await using test = openBus({ queueBytes: 1 });
    const port = test.open();
    const [oldest, newest] = [port.stream('a'), port.stream('a', { overflow: 'drop-newest' })];
    for (const number of numbers(3)) await port.publish('a', number);
    expect([(await oldest.next()).value?.payload, (await newest.next()).value?.payload]).toEqual([2, 0]);
    expect([oldest.dropped, newest.dropped]).toEqual([2, 2]);
  });

  it('refuses a publisher where two that reject have no room together, and tells neither', async () => {
    await using test = openBus({ maxWaitingBytes: 25_000 });
    const port = test.open();
    const dropping = port.stream('a');
    const [one, two] = [port.stream('a', { overflow: 'reject' }), port.stream('*', { overflow: 'reject' })];
    const size = 10_000;
    await port.publish('a', 'x'.repeat(size));
    await expect(port.publish('a', 'x'.repeat(size))).rejects.toThrow(withCode('ERR_EVENT_OVERFLOW'));
    expect([one.waiting, two.waiting, one.dropped, two.dropped]).toEqual([1, 1, 0, 0]);
    // It came to a plugin that had promised all its room to those that may refuse.
    expect([dropping.waiting, dropping.dropped]).toEqual([0, 1]);
    await one.next();
    await expect(port.publish('a', 'x'.repeat(size))).rejects.toThrow(withCode('ERR_EVENT_OVERFLOW'));
    await two.next();
    await port.publish('a', 'x'.repeat(size));
    expect([one.waiting, two.waiting]).toEqual([1, 1]);
  });

  it('M05: goes on after a listener that throws or rejects, and reports it', async () => {
    await using test = openBus();
    const port = test.open();
    const other = collect(2);
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    // An object that throws when it is asked whether it is a promise.
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw rejected;
        },
      },
    );
    port.subscribe('a', ({ payload }) => {
      if (payload === 1) throw thrown;
      return hostile;
    });
    port.subscribe('a', other.listener);
    const first = await port.publish('a', 1);
    const second = await port.publish('a', 2);
    await other.all;
    await nextTurn();
    const about = { subscriber: { kind: 'plugin', pluginId: 'alpha', executionId: 'e1', traceId: 't1' }, pattern: 'a' };
    expect(test.reports).toEqual([
      { kind: 'listener-failed', ...about, id: first.id, error: thrown },
      { kind: 'listener-failed', ...about, id: second.id, error: rejected },
    ]);
  });

  it('M05: leaves a listener that hangs behind, reports it, and slows nobody', async () => {
    const late = Promise.withResolvers<void>();
    const timedOut = Promise.withResolvers<void>();
    const failedLate = Promise.withResolvers<unknown>();
    await using test = openBus({
      listenerTimeoutMs: 20,
      report: (report) => {
        if (report.kind === 'listener-timeout') timedOut.resolve();
        if (report.kind === 'listener-failed') failedLate.resolve(report.error);
      },
    });
    const port = test.open();
    const hanging = collect(2);
    const quick = collect(2);
    port.subscribe('a', (event) => {
      hanging.listener(event);
      return event.payload === 1 ? late.promise : undefined;
    });
    port.subscribe('a', quick.listener);
    await port.publish('a', 1);
    await port.publish('a', 2);
    await quick.all;
    expect(payloads(hanging.events)).toEqual([1]);
    await timedOut.promise;
    await hanging.all;
    // What it does after its time is still heard of.
    late.reject(new Error('at last'));
    expect(await failedLate.promise).toEqual(new Error('at last'));
  });

  it('M13: to a slow listener costs its publisher nothing, and the slow one its oldest events', async () => {
    await using test = openBus();
    const port = test.open();
    const acknowledge = Promise.withResolvers<void>();
    const quick = collect(1000);
    const slow = port.subscribe('a', () => acknowledge.promise, { queueLimit: 10 });
    port.subscribe('a', quick.listener);
    for (const number of numbers(1000)) await port.publish('a', number);
    await quick.all;
    expect(payloads(quick.events)).toEqual(numbers(1000));
    // One is being handled, ten wait.
    expect([slow.waiting, slow.dropped]).toEqual([10, 989]);
    acknowledge.resolve();
  });

  it('reaches a listener that keeps up with all of 20 000 events, though nothing else gets a turn', async () => {
    await using test = openBus({ rateBurst: 100_000 });
    const port = test.open();
    const { events, listener } = collect(0);
    port.subscribe('a', listener);
    for (const number of numbers(20_000)) await port.publish('a', number);
    await nextTurn();
    expect([events.length, test.reports.length]).toEqual([20_000, 0]);
  });

  it('lets the event loop turn, though two listeners answer each other without end', async () => {
    await using test = openBus();
    const port = test.bus.openHostPort();
    let answers = 0;
    port.subscribe('ping', () => void port.publish('pong', null, { scope: 'host' }), { scope: 'host' });
    port.subscribe('pong', () => void ((answers += 1), port.publish('ping', null, { scope: 'host' })), {
      scope: 'host',
    });
    await port.publish('ping', null, { scope: 'host' });
    for (let turns = 0; turns < 5; turns += 1) await nextTurn();
    expect(answers).toBeGreaterThan(100);
  });
});
