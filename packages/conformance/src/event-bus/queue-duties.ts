import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventOverflow, EventPort, EventReport, EventScope, EventStream } from '@kb-labs/contracts';
import { assertRefused } from '../bench/assert-refused.js';
import { openBuses, openPort, until } from './event-bench.js';
import type { EventBench } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

const ROOM = 3;
const SENT = 8;
/** Bytes of an event of which two fit where they are held to bytes. */
const LARGE = 1500;
const LARGE_ROOM = 4096;

/** What happens where somebody is too slow, or wants too much. */
export const QUEUE_DUTIES: readonly EventDuty[] = [
  {
    title: 'drops the oldest of what waits in a full queue where that is asked, counts each and reports it',
    check: (bench) => checkDrops(bench, 'drop-oldest', [5, 6, 7]),
  },
  {
    title: 'drops the newest where that is asked, counts each and reports it',
    check: (bench) => checkDrops(bench, 'drop-newest', [0, 1, 2]),
  },
  {
    title: 'refuses a publisher of the same bus where that is asked, tells nobody then, and goes on when there is room',
    check: checkReject,
  },
  {
    title: 'lets no plugin refuse the events of others in the scope host',
    async check(bench) {
      await using buses = await openBuses(bench);
      const port = openPort(buses.near);
      await assertRefused(() => port.stream('a', { overflow: 'reject', scope: 'host' }), 'ERR_EVENT_DENIED', 'stream');
    },
  },
  {
    title:
      'holds what waits for a subscriber to its bytes as well, counts and reports the rest, and always takes one where none waits',
    check: checkQueueBytes,
  },
  {
    title: 'holds what waits for all subscribers of a plugin to its bytes, over all its ports, and no other plugin',
    check: checkPluginBytes,
  },
  {
    title: 'refuses a queue larger than the bus allows',
    async check(bench) {
      await using buses = await openBuses(bench, { queueLimit: ROOM });
      const port = openPort(buses.near);
      for (const queueLimit of [0, ROOM + 1, 1.5]) {
        await assertRefused(
          () => port.stream('a', { queueLimit }),
          'ERR_INVALID_ARGUMENT',
          `stream with the queueLimit ${queueLimit}`,
        );
      }
    },
  },
  {
    title: 'holds each plugin to its subscriptions over all its ports, and gives back what has ended',
    async check(bench) {
      await using buses = await openBuses(bench, { maxSubscriptions: 2 });
      const [one, two] = [openPort(buses.near), openPort(buses.near, { executionId: 'run-2' })];
      const first = one.stream('a');
      two.stream('a');
      await assertRefused(() => two.stream('b'), 'ERR_QUOTA_EXCEEDED', 'stream');
      openPort(buses.near, { pluginId: 'kit-beta' }).stream('a');
      first[Symbol.dispose]();
      first[Symbol.dispose]();
      two.stream('b');
      await assertRefused(() => one.stream('b'), 'ERR_QUOTA_EXCEEDED', 'stream');
    },
  },
  {
    title: 'holds each plugin to its rate over all its ports, and no other plugin',
    async check(bench) {
      await using buses = await openBuses(bench, { ratePerMinute: 1, rateBurst: 3 });
      const ports = [openPort(buses.near), openPort(buses.near, { executionId: 'run-2' })] as const;
      for (const at of [0, 1, 0] as const) await ports[at].publish('a', null);
      await assertRefused(() => ports[1].publish('a', null), 'ERR_QUOTA_EXCEEDED', 'publish');
      await openPort(buses.near, { pluginId: 'kit-beta' }).publish('a', null);
    },
  },
];

async function checkDrops(bench: EventBench, overflow: EventOverflow, kept: readonly number[]): Promise<void> {
  await using buses = await openBuses(bench);
  const stream = openPort(buses.far).stream('flood', { overflow, queueLimit: ROOM });
  const port = openPort(buses.near);
  for (let number = 0; number < SENT; number += 1) await port.publish('flood', number);
  await until(bench, 'all have come or are dropped', () => stream.waiting + stream.dropped === SENT);
  assert.deepEqual([stream.waiting, stream.dropped], [ROOM, SENT - ROOM]);
  assert.deepEqual(await read(stream, ROOM), kept);
  const counts = buses.reports.flatMap((report: EventReport) =>
    report.kind === 'dropped' ? [[report.reason, report.dropped]] : [],
  );
  assert.deepEqual(
    counts,
    Array.from({ length: SENT - ROOM }, (_, index) => ['overflow', index + 1]),
  );
}

async function checkQueueBytes(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench, { queueBytes: LARGE_ROOM });
  using stream = openPort(buses.far).stream('flood');
  await sendLarge(openPort(buses.near), 'flood', SENT);
  await until(bench, 'all have come or are dropped', () => stream.waiting + stream.dropped === SENT);
  assert.ok(stream.waiting > 0 && stream.waiting * LARGE <= LARGE_ROOM, `${stream.waiting} wait`);
  const overflows = buses.reports.filter((report) => report.kind === 'dropped' && report.reason === 'overflow');
  assert.equal(overflows.length, stream.dropped);
  assert.equal((await stream.next()).value?.payload, largePayload(stream.dropped));

  await using narrow = await openBuses(bench, { queueBytes: 16 });
  using alone = openPort(narrow.far).stream('flood');
  await sendLarge(openPort(narrow.near), 'flood', 1);
  await until(bench, 'it has come', () => alone.waiting === 1);
  assert.equal(alone.dropped, 0);
}

async function checkPluginBytes(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench, { maxWaitingBytes: LARGE_ROOM });
  const scope = 'plugin';
  const ports = [openPort(buses.far), openPort(buses.far, { executionId: 'run-2' })];
  const streams = ports.flatMap((port) => ['a', 'b', 'c'].map((topic) => port.stream(topic, { scope })));
  using other = openPort(buses.far, { pluginId: 'kit-beta' }).stream('a', { scope });
  for (const topic of ['a', 'b', 'c']) await sendLarge(openPort(buses.near), topic, 2, scope);
  await sendLarge(openPort(buses.near, { pluginId: 'kit-beta' }), 'a', 1, scope);
  const count = (of: 'waiting' | 'dropped'): number => streams.reduce((sum, stream) => sum + stream[of], 0);
  await until(bench, 'all have come', () => count('waiting') + count('dropped') === 12 && other.waiting === 1);
  assert.ok(count('waiting') > 0 && count('waiting') * LARGE <= LARGE_ROOM, `${count('waiting')} wait`);
  for (const stream of streams) stream[Symbol.dispose]();
  using again = openPort(buses.far).stream('a');
  await sendLarge(openPort(buses.near), 'a', 1);
  await until(bench, 'what has ended gives its room back', () => again.waiting === 1);
}

function largePayload(number: number): string {
  return `${number}`.padEnd(LARGE - 2, '.');
}

async function sendLarge(
  port: EventPort,
  topic: string,
  count: number,
  scope: EventScope = 'execution',
): Promise<void> {
  for (let number = 0; number < count; number += 1) await port.publish(topic, largePayload(number), { scope });
}

async function checkReject(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const port = openPort(buses.near);
  const other = port.stream('**');
  const full = port.stream('flood', { overflow: 'reject', queueLimit: 1 });
  await port.publish('flood', 0);
  await until(bench, 'the queue is full', () => full.waiting === 1);
  await assertRefused(() => port.publish('flood', 1), 'ERR_EVENT_OVERFLOW', 'publish');
  assert.deepEqual(await read(full, 1), [0]);
  await port.publish('flood', 2);
  await until(bench, 'both have come', () => other.waiting >= 2);
  await nextTurn();
  assert.deepEqual([other.waiting, full.dropped], [2, 0]);
  assert.deepEqual([await read(full, 1), await read(other, 2)], [[2], [0, 2]]);
}

async function read(stream: EventStream, count: number): Promise<readonly unknown[]> {
  const payloads: unknown[] = [];
  for (let left = count; left > 0; left -= 1) payloads.push((await stream.next()).value?.payload);
  return payloads;
}
