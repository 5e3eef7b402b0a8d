import assert from 'node:assert/strict';
import type { EventPort } from '@kb-labs/contracts';
import { assertRefused } from '../bench/assert-refused.js';
import { collector, openBuses, openPort, until } from './event-bench.js';
import type { EventBench } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

const SENT = 5;

/** How subscriptions, ports and buses end. */
export const ENDING_DUTIES: readonly EventDuty[] = [
  {
    title: 'delivers what waits when a port is disposed, and then ends its streams',
    check: (bench) => checkDrain(bench, (port) => port[Symbol.asyncDispose]()),
  },
  {
    title: 'delivers what waits when a bus is disposed',
    check: (bench) => checkDrain(bench, (_, bus) => bus[Symbol.asyncDispose]()),
  },
  { title: 'ends at its deadline though a listener hangs, and counts what was not delivered', check: checkDeadline },
  {
    title: 'refuses what comes after the end with ERR_EVENT_DENIED, and throws it at nobody who does not look',
    check: checkAfterEnd,
  },
  {
    title: 'ends a port at once with its signal, and delivers nothing of what waits',
    async check(bench) {
      await using buses = await openBuses(bench);
      const ending = new AbortController();
      const port = openPort(buses.far, { signal: ending.signal });
      const stream = port.stream('a');
      const waiting = assertRefused(() => port.waitFor('b'), 'ERR_ABORTED', 'waitFor');
      await openPort(buses.near).publish('a', 1);
      await until(bench, 'it has come', () => stream.waiting === 1);
      ending.abort();
      await waiting;
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
      assert.equal(stream.dropped, 1);
      await assertRefused(() => port.publish('a', 2), 'ERR_EVENT_DENIED', 'publish');
    },
  },
  {
    title: 'ends one subscription and no other, however often that is asked',
    async check(bench) {
      await using buses = await openBuses(bench);
      const [ended, other] = [collector(bench), collector(bench)];
      const port = openPort(buses.far);
      const subscription = port.subscribe('a', ended.listener);
      port.subscribe('a', other.listener);
      subscription[Symbol.dispose]();
      subscription[Symbol.dispose]();
      await openPort(buses.near).publish('a', 1);
      await other.reached(1);
      assert.deepEqual([ended.payloads(), other.payloads()], [[], [1]]);
    },
  },
  {
    title: 'may be disposed of twice, bus and port, also at the same time',
    async check(bench) {
      const buses = await openBuses(bench);
      const port = openPort(buses.near);
      await Promise.all([port[Symbol.asyncDispose](), port[Symbol.asyncDispose]()]);
      await Promise.all([buses.near[Symbol.asyncDispose](), buses.near[Symbol.asyncDispose]()]);
      await buses[Symbol.asyncDispose]();
      await port[Symbol.asyncDispose]();
    },
  },
];

async function checkDrain(
  bench: EventBench,
  end: (port: EventPort, bus: AsyncDisposable) => PromiseLike<void>,
): Promise<void> {
  await using buses = await openBuses(bench);
  const port = openPort(buses.far);
  const heard = collector(bench);
  const gate = Promise.withResolvers<void>();
  const subscription = port.subscribe('drain', async (event) => {
    await gate.promise;
    heard.listener(event);
  });
  const publishing = openPort(buses.near, { executionId: 'run-1' });
  for (let number = 0; number < SENT; number += 1) await publishing.publish('drain', number);
  await until(bench, 'all but the one at work wait', () => subscription.waiting === SENT - 1);
  const ended = end(port, buses.far);
  gate.resolve();
  await ended;
  assert.deepEqual([heard.payloads(), subscription.dropped], [[0, 1, 2, 3, 4], 0]);
  await assertRefused(() => port.publish('drain', null), 'ERR_EVENT_DENIED', 'publish');
}

async function checkDeadline(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench, { drainMs: 30 });
  const port = openPort(buses.far);
  const heard = collector(bench);
  const subscription = port.subscribe('hang', (event) => {
    heard.listener(event);
    return new Promise(() => undefined);
  });
  const publishing = openPort(buses.near);
  for (let number = 0; number < SENT; number += 1) await publishing.publish('hang', number);
  await until(bench, 'all but the one at work wait', () => subscription.waiting === SENT - 1);
  const started = performance.now();
  await buses.far[Symbol.asyncDispose]();
  assert.ok(performance.now() - started < 5000 * bench.timeScale, 'the end took seconds');
  assert.deepEqual([heard.payloads(), subscription.dropped], [[0], SENT - 1]);
  const reasons = buses.reports.flatMap((report) => (report.kind === 'dropped' ? [report.reason] : []));
  assert.deepEqual(reasons, ['closed', 'closed', 'closed', 'closed']);
}

async function checkAfterEnd(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const port = openPort(buses.near);
  await buses.near[Symbol.asyncDispose]();
  // Nobody looks at these two: a rejection that nobody handles would end the process that runs the test.
  void port.publish('a', null);
  void port.waitFor('a');
  await assertRefused(() => port.publish('a', null), 'ERR_EVENT_DENIED', 'publish');
  await assertRefused(() => port.subscribe('a', () => undefined), 'ERR_EVENT_DENIED', 'subscribe');
  await assertRefused(() => openPort(buses.near), 'ERR_EVENT_DENIED', 'openPort');
  await assertRefused(() => buses.near.openHostPort(), 'ERR_EVENT_DENIED', 'openHostPort');
}
