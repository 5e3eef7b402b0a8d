import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventPort } from '@kb-labs/contracts';
import { assertRefused } from '../bench/assert-refused.js';
import { collector, inTime, openBuses, openPort, until } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Publishes 0, 1, 2 … on a topic, one after the other. */
async function publishNumbers(port: EventPort, topic: string, count: number): Promise<void> {
  for (const number of numbers(count)) await port.publish(topic, number);
}

/** How events come to those who listen. */
export const DELIVERY_DUTIES: readonly EventDuty[] = [
  {
    title: 'keeps the order of each topic for each subscriber, whoever publishes and however slow it is',
    async check(bench) {
      await using buses = await openBuses(bench);
      const listening = openPort(buses.far);
      const [quick, slow] = [collector(bench), collector(bench)];
      listening.subscribe('order.*', quick.listener);
      listening.subscribe('order.a', async (event) => {
        await nextTurn();
        slow.listener(event);
      });
      const publishers = [openPort(buses.near), openPort(buses.near)] as const;
      for (const number of numbers(40)) {
        await publishers[number % 2 === 0 ? 0 : 1].publish(number % 3 === 0 ? 'order.b' : 'order.a', number);
      }
      await Promise.all([quick.reached(40), slow.reached(26)]);
      const onA = numbers(40).filter((number) => number % 3 !== 0);
      assert.deepEqual(slow.payloads(), onA);
      const heard = quick.events.filter(({ topic }) => topic === 'order.a').map(({ payload }) => payload);
      assert.deepEqual(heard, onA);
    },
  },
  {
    title: 'takes two events with equal payloads for two events',
    async check(bench) {
      await using buses = await openBuses(bench);
      const heard = collector(bench);
      openPort(buses.far).subscribe('same', heard.listener);
      const port = openPort(buses.near);
      const receipts = [await port.publish('same', { equal: true }), await port.publish('same', { equal: true })];
      await heard.reached(2);
      assert.deepEqual(
        receipts.map(({ duplicate }) => duplicate),
        [false, false],
      );
      assert.deepEqual(
        heard.events.map(({ id }) => id),
        receipts.map(({ id }) => id),
      );
      assert.notEqual(receipts[0]?.id, receipts[1]?.id);
    },
  },
  { title: 'sends an event with a known idempotency key no second time, whatever its payload', check: checkKeys },
  {
    title: 'waits on after an event that does not fit, and misses none that comes with it',
    async check(bench) {
      await using buses = await openBuses(bench);
      const port = openPort(buses.far);
      const found = port.waitFor('job.*', { predicate: ({ payload }) => payload === 'done' });
      const publishing = openPort(buses.near);
      await Promise.all(['begun', 'half', 'done', 'over'].map((payload) => publishing.publish('job.state', payload)));
      assert.equal((await inTime(bench, 'the event that fits is found', found)).payload, 'done');
    },
  },
  {
    title: 'ends a wait at its time with ERR_EVENT_TIMEOUT, and by its signal with ERR_ABORTED',
    async check(bench) {
      await using buses = await openBuses(bench);
      const port = openPort(buses.far);
      const ending = new AbortController();
      const aborted = assertRefused(() => port.waitFor('never', { signal: ending.signal }), 'ERR_ABORTED', 'waitFor');
      const late = assertRefused(() => port.waitFor('never', { timeoutMs: 1 }), 'ERR_EVENT_TIMEOUT', 'waitFor');
      await inTime(bench, 'the time is up', late);
      ending.abort(new Error('enough'));
      const gone = assertRefused(
        () => port.waitFor('never', { signal: AbortSignal.abort() }),
        'ERR_ABORTED',
        'waitFor',
      );
      await inTime(bench, 'both waits are aborted', Promise.all([aborted, gone]));
    },
  },
  {
    title: 'hands events out as an async iterator, none lost between two reads, until `break`',
    async check(bench) {
      await using buses = await openBuses(bench);
      const stream = openPort(buses.far).stream('**');
      await publishNumbers(openPort(buses.near), 'read.me', 6);
      const read: unknown[] = [];
      for await (const { payload } of stream) {
        read.push(payload);
        if (read.length === 3) break;
      }
      assert.deepEqual(read, [0, 1, 2]);
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    },
  },
  { title: 'goes on after a listener that throws or rejects, and reports it', check: checkThrowing },
  {
    title: 'leaves a listener that hangs behind when its time is up, reports it, and slows nobody',
    check: checkHanging,
  },
  {
    title: 'hands out frozen copies, so that no subscriber and no publisher changes what another gets',
    async check(bench) {
      await using buses = await openBuses(bench);
      const heard = collector(bench);
      const port = openPort(buses.far);
      port.subscribe('copy', ({ payload }) => {
        if (typeof payload === 'object' && payload !== null) Reflect.set(payload, 'list', 'changed');
      });
      port.subscribe('copy', heard.listener);
      const payload = { list: [1, 2] };
      const published = openPort(buses.near).publish('copy', payload);
      payload.list.push(3);
      await published;
      await heard.reached(1);
      assert.deepEqual(heard.payloads(), [{ list: [1, 2] }]);
      const [event] = heard.events;
      assert.ok([event, event?.sender, event?.payload].every((part) => Object.isFrozen(part)));
    },
  },
];

async function checkKeys(bench: Parameters<EventDuty['check']>[0]): Promise<void> {
  await using buses = await openBuses(bench);
  const heard = collector(bench);
  openPort(buses.far).subscribe('**', heard.listener);
  const port = openPort(buses.near);
  const first = await port.publish('keyed', 1, { idempotencyKey: 'k' });
  assert.deepEqual(await port.publish('keyed', 2, { idempotencyKey: 'k' }), { id: first.id, duplicate: true });
  // Another key, another topic, another plugin and no key at all: four more events.
  await port.publish('keyed', 3, { idempotencyKey: 'l' });
  await port.publish('keyed.too', 4, { idempotencyKey: 'k' });
  await openPort(buses.near, { pluginId: 'kit-beta' }).publish('keyed', 5, { idempotencyKey: 'k', scope: 'host' });
  await port.publish('keyed', 6);
  await port.publish('keyed', 6);
  await heard.reached(5);
  assert.deepEqual(heard.payloads(), [1, 3, 4, 6, 6]);
}

async function checkThrowing(bench: Parameters<EventDuty['check']>[0]): Promise<void> {
  await using buses = await openBuses(bench);
  const heard = collector(bench);
  const port = openPort(buses.far);
  const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
  port.subscribe('fail', ({ payload }) => {
    if (payload === 0) throw thrown;
    return Promise.reject(rejected);
  });
  port.subscribe('fail', heard.listener);
  await publishNumbers(openPort(buses.near), 'fail', 3);
  await heard.reached(3);
  const failures = (): readonly unknown[] =>
    buses.reports.flatMap((report) => (report.kind === 'listener-failed' ? [report.error] : []));
  await until(bench, 'each failure is reported', () => failures().length === 3);
  assert.deepEqual(failures(), [thrown, rejected, rejected]);
}

async function checkHanging(bench: Parameters<EventDuty['check']>[0]): Promise<void> {
  await using buses = await openBuses(bench, { listenerTimeoutMs: 20, drainMs: 50 });
  const [left, other] = [collector(bench), collector(bench)];
  const port = openPort(buses.far);
  port.subscribe('hang', (event) => {
    left.listener(event);
    return new Promise(() => undefined);
  });
  port.subscribe('hang', other.listener);
  await publishNumbers(openPort(buses.near), 'hang', 2);
  await other.reached(2);
  await left.reached(2);
  const kinds = (): readonly string[] => buses.reports.map(({ kind }) => kind);
  await until(bench, 'both timeouts are reported', () => kinds().length === 2);
  assert.deepEqual(kinds(), ['listener-timeout', 'listener-timeout']);
}
