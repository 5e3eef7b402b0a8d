import assert from 'node:assert/strict';
import type { EventPort, EventScope } from '@kb-labs/contracts';
import { assertRefused } from '../bench/assert-refused.js';
import { ALPHA, collector, openBuses, openPort } from './event-bench.js';
import type { EventBench, OpenBuses } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

const SCOPES: readonly EventScope[] = ['execution', 'plugin', 'host'];
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What each party may do, and who it is. */
export const RULE_DUTIES: readonly EventDuty[] = [
  {
    title: 'denies to publish what no rule lists, in a scope that is not listed, and without rules, and reports it',
    check: checkPublishRules,
  },
  {
    title: 'denies to subscribe, stream and wait beyond the rules, instead of giving less than was asked for',
    async check(bench) {
      await using buses = await openBuses(bench);
      const narrow = openPort(buses.far, { rules: [{ produce: [], consume: ['report.*'], scopes: ['execution'] }] });
      for (const pattern of ['**', '*', 'other.*', 'report.**', 'report.a.b']) {
        await assertSubscribeDenied(narrow, pattern, 'execution');
      }
      await assertSubscribeDenied(narrow, 'report.*', 'plugin');
      await assertSubscribeDenied(openPort(buses.far, { rules: [] }), 'report.done', 'execution');
      narrow.stream('report.*');
    },
  },
  {
    title: 'allows what all of several rule sets allow, and nothing else',
    async check(bench) {
      await using buses = await openBuses(bench);
      const asked = { produce: ['a.*'], consume: ['a.*'], scopes: SCOPES };
      const granted = { produce: ['*.b'], consume: ['*.b'], scopes: ['execution'] } as const;
      const port = openPort(buses.near, { rules: [asked, granted] });
      await port.publish('a.b', null);
      for (const topic of ['a.c', 'c.b']) {
        await assertRefused(() => port.publish(topic, null), 'ERR_EVENT_DENIED', `publish of ${topic}`);
      }
      await assertRefused(() => port.publish('a.b', null, { scope: 'plugin' }), 'ERR_EVENT_DENIED', 'publish');
      port.stream('a.b');
      await assertSubscribeDenied(port, 'a.*', 'execution');
    },
  },
  { title: 'keeps an event in its scope: one execution, one plugin, or the host', check: checkScopes },
  { title: 'stamps id, time, sender and scope itself, whatever a publisher writes', check: checkStamps },
  {
    title: 'keeps the topics below host and runtime for the host',
    async check(bench) {
      await using buses = await openBuses(bench);
      const heard = collector(bench);
      openPort(buses.far).subscribe('host.**', heard.listener, { scope: 'host' });
      for (const topic of ['host', 'host.stop', 'runtime.a.b']) {
        const publish = (): unknown => openPort(buses.near).publish(topic, null, { scope: 'host' });
        await assertRefused(publish, 'ERR_EVENT_DENIED', `publish of ${topic}`);
      }
      await buses.near.openHostPort().publish('host.stop', 'by the host', { scope: 'host' });
      await heard.reached(1);
      assert.deepEqual(
        heard.events.map(({ payload, sender }) => [payload, sender.kind]),
        [['by the host', 'host']],
      );
    },
  },
  {
    title: 'gives a port that opens later for the same plugin its own rules alone',
    async check(bench) {
      await using buses = await openBuses(bench);
      const wide = openPort(buses.near);
      const narrow = openPort(buses.near, { rules: [{ produce: ['b'], consume: ['b'], scopes: ['execution'] }] });
      await wide.publish('a', null);
      await assertRefused(() => narrow.publish('a', null), 'ERR_EVENT_DENIED', 'publish');
      await assertSubscribeDenied(narrow, 'a', 'execution');
      await wide[Symbol.asyncDispose]();
      await assertRefused(() => narrow.publish('a', null), 'ERR_EVENT_DENIED', 'publish');
      await narrow.publish('b', null);
    },
  },
];

async function assertSubscribeDenied(port: EventPort, pattern: string, scope: EventScope): Promise<void> {
  const where = `${pattern} in the scope ${scope}`;
  await assertRefused(
    () => port.subscribe(pattern, () => undefined, { scope }),
    'ERR_EVENT_DENIED',
    `subscribe to ${where}`,
  );
  await assertRefused(() => port.stream(pattern, { scope }), 'ERR_EVENT_DENIED', `stream of ${where}`);
  const waiting = (): unknown => port.waitFor(pattern, { scope, timeoutMs: 1000 });
  await assertRefused(waiting, 'ERR_EVENT_DENIED', `waitFor ${where}`);
}

async function checkPublishRules(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const heard = collector(bench);
  openPort(buses.far).subscribe('**', heard.listener);
  const port = openPort(buses.near, { rules: [{ produce: ['report.*'], consume: [], scopes: ['execution'] }] });
  for (const topic of ['other', 'report', 'report.a.b']) {
    await assertRefused(() => port.publish(topic, 'secret'), 'ERR_EVENT_DENIED', `publish of ${topic}`);
  }
  await assertRefused(() => port.publish('report.done', 'secret', { scope: 'plugin' }), 'ERR_EVENT_DENIED', 'publish');
  await assertRefused(
    () => openPort(buses.near, { rules: [] }).publish('report.done', 'secret'),
    'ERR_EVENT_DENIED',
    'publish',
  );
  await port.publish('report.done', 'allowed');
  await heard.reached(1);
  assert.deepEqual(heard.payloads(), ['allowed']);
  const refused = buses.reports.map((report) => report.kind === 'refused' && [report.sender, report.code]);
  assert.deepEqual(
    refused,
    Array.from({ length: 5 }, () => [ALPHA, 'ERR_EVENT_DENIED']),
  );
  assert.ok(!JSON.stringify(buses.reports).includes('secret'), 'a report holds a payload');
}

async function checkScopes(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const heard = new Map<string, string[]>();
  const listening: Readonly<Record<string, EventPort>> = {
    same: openPort(buses.far),
    'other run': openPort(buses.far, { executionId: 'run-2' }),
    'other plugin': openPort(buses.far, { pluginId: 'kit-beta' }),
  };
  const lasts = collector(bench);
  for (const [name, port] of Object.entries(listening)) {
    const list: string[] = [];
    heard.set(name, list);
    for (const scope of SCOPES) {
      port.subscribe('said', ({ payload }) => void list.push(`${scope}: ${String(payload)}`), { scope });
      port.subscribe('last', lasts.listener, { scope });
    }
  }
  await publishToAll(buses);
  // Three of the same run, two of the other run, one of the other plugin: what came before has come by then.
  await lasts.reached(6);
  assert.deepEqual(Object.fromEntries(heard), {
    same: ['execution: execution', 'plugin: plugin', 'host: host'],
    'other run': ['plugin: plugin', 'host: host'],
    'other plugin': ['host: host'],
  });
}

async function publishToAll({ near }: OpenBuses): Promise<void> {
  const port = openPort(near);
  for (const topic of ['said', 'last']) for (const scope of SCOPES) await port.publish(topic, scope, { scope });
}

async function checkStamps(bench: EventBench): Promise<void> {
  await using buses = await openBuses(bench);
  const heard = collector(bench);
  openPort(buses.far).subscribe('**', heard.listener);
  const port = openPort(buses.near);
  const forged = {
    id: 'mine',
    time: 0,
    topic: 'host.a',
    scope: 'host',
    sender: { kind: 'host' },
    pluginId: 'kit-beta',
  };
  for (const [key, value] of Object.entries(forged)) {
    if (key === 'scope') continue;
    const publish = (): unknown => Reflect.apply(port.publish, port, ['a', null, { [key]: value }]);
    await assertRefused(publish, 'ERR_INVALID_ARGUMENT', `publish with the option ${key}`);
  }
  const before = Date.now();
  const { id } = await port.publish('a', forged);
  await heard.reached(1);
  const [event] = heard.events;
  assert.deepEqual(event, { id, topic: 'a', scope: 'execution', time: event?.time, sender: ALPHA, payload: forged });
  assert.match(id, UUID_V7);
  assert.ok(event.time >= before - 1 && event.time <= Date.now() + 1, 'the time is not the time of publishing');
}
