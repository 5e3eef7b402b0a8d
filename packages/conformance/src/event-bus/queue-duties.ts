import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventOverflow, EventReport, EventStream } from '@kb-labs/contracts';
import { assertRefused, openBuses, openPort, until } from './event-bench.js';
import type { EventBench } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

const ROOM = 3;
const SENT = 8;

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
      await assertRefused(() => port.stream('a', { overflow: 'reject', scope: 'host' }), 'ERR_EVENT_DENIED');
    },
  },
  {
    title: 'refuses a queue larger than the bus allows',
    async check(bench) {
      await using buses = await openBuses(bench, { queueLimit: ROOM });
      const port = openPort(buses.near);
      for (const queueLimit of [0, ROOM + 1, 1.5]) {
        await assertRefused(() => port.stream('a', { queueLimit }), 'ERR_INVALID_ARGUMENT');
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
      await assertRefused(() => two.stream('b'), 'ERR_QUOTA_EXCEEDED');
      openPort(buses.near, { pluginId: 'kit-beta' }).stream('a');
      first[Symbol.dispose]();
      first[Symbol.dispose]();
      two.stream('b');
      await assertRefused(() => one.stream('b'), 'ERR_QUOTA_EXCEEDED');
    },
  },
  {
    title: 'holds each plugin to its rate over all its ports, and no other plugin',
    async check(bench) {
      await using buses = await openBuses(bench, { ratePerMinute: 1, rateBurst: 3 });
      const ports = [openPort(buses.near), openPort(buses.near, { executionId: 'run-2' })] as const;
      for (const at of [0, 1, 0] as const) await ports[at].publish('a', null);
      await assertRefused(() => ports[1].publish('a', null), 'ERR_QUOTA_EXCEEDED');
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

async function checkReject(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const port = openPort(buses.near);
  const other = port.stream('**');
  const full = port.stream('flood', { overflow: 'reject', queueLimit: 1 });
  await port.publish('flood', 0);
  await until(bench, 'the queue is full', () => full.waiting === 1);
  await assertRefused(() => port.publish('flood', 1), 'ERR_EVENT_OVERFLOW');
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
