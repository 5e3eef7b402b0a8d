import assert from 'node:assert/strict';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { assertRefused, show } from '../bench/assert-refused.js';
import { collector, openBuses, openPort } from './event-bench.js';
import type { EventDuty } from './event-duty.js';

/** What is no JSON data, or would run code when it is read. */
const REFUSED: Readonly<Record<string, () => unknown>> = {
  'a Date': () => new Date(0),
  bytes: () => new Uint8Array(1),
  undefined: () => undefined,
  NaN: () => Number.NaN,
  'a bigint': () => 1n,
  'a function': () => ({ run: () => 1 }),
  'an instance of a class': () => new URLSearchParams(),
  'a cycle': () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    return value;
  },
  'a getter': () => ({
    get a(): never {
      return assert.fail('the getter was run');
    },
  }),
  'a proxy': () => new Proxy({}, { ownKeys: () => assert.fail('the trap was run') }),
};

const NO_TOPICS = ['', '*', '**', 'a.*', 'A', 'a..b', 'a b', 'a\n', '__proto__', 'constructor', 'a'.repeat(10_000)];

/** Standard Schema: text, which it makes upper case. */
const UPPER: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: '@kb-labs/conformance',
    validate: (value) =>
      typeof value === 'string' ? { value: value.toUpperCase() } : { issues: [{ message: 'is no text' }] },
  },
};

/** What may be published. */
export const PAYLOAD_DUTIES: readonly EventDuty[] = [
  {
    title: 'hands over JSON data as it was, key "__proto__" included',
    async check(bench) {
      await using buses = await openBuses(bench);
      const heard = collector(bench);
      openPort(buses.far).subscribe('data', heard.listener);
      const sent = [null, true, -1.5e-7, 'ä\u2028\0"', [], {}, [{ a: [null] }], JSON.parse('{"__proto__":{"x":1}}')];
      for (const payload of sent) await openPort(buses.near).publish('data', payload);
      await heard.reached(sent.length);
      assert.deepEqual(
        heard.payloads().map((payload) => JSON.stringify(payload)),
        sent.map((payload) => JSON.stringify(payload)),
      );
      assert.equal(Reflect.get({}, 'x'), undefined, 'a prototype was changed');
    },
  },
  ...Object.entries(REFUSED).map(([name, make]): EventDuty => ({
    title: `refuses ${name} with ERR_INVALID_ARGUMENT, instead of changing it`,
    async check(bench) {
      await using buses = await openBuses(bench);
      const port = openPort(buses.near);
      await assertRefused(() => port.publish('data', make()), 'ERR_INVALID_ARGUMENT', 'publish of it');
      await assertRefused(
        () => port.publish('data', { inside: [make()] }),
        'ERR_INVALID_ARGUMENT',
        'publish of it inside others',
      );
    },
  })),
  {
    title: 'refuses a payload larger than the limit with ERR_EVENT_TOO_LARGE, counted in bytes of UTF-8',
    async check(bench) {
      await using buses = await openBuses(bench, { maxPayloadBytes: 12 });
      const port = openPort(buses.near);
      await port.publish('data', '1234567890');
      for (const payload of ['12345678901', 'ääääää', { a: 1, b: 2, c: 3 }]) {
        await assertRefused(() => port.publish('data', payload), 'ERR_EVENT_TOO_LARGE', `publish of ${show(payload)}`);
      }
    },
  },
  {
    title: 'refuses what is no topic with ERR_INVALID_ARGUMENT',
    async check(bench) {
      await using buses = await openBuses(bench);
      const port = openPort(buses.near);
      for (const topic of NO_TOPICS) {
        await assertRefused(() => port.publish(topic, null), 'ERR_INVALID_ARGUMENT', `publish of ${show(topic)}`);
      }
    },
  },
  {
    title: 'lets a schema refuse or change the payloads of the topics that it is for, and of no others',
    async check(bench) {
      await using buses = await openBuses(bench, { schemas: { 'text.*': UPPER } });
      const heard = collector(bench);
      openPort(buses.far).subscribe('**', heard.listener);
      const port = openPort(buses.near);
      await assertRefused(
        () => port.publish('text.a', 1),
        'ERR_INVALID_ARGUMENT',
        'publish of what the schema refuses',
      );
      await port.publish('text.a', 'up');
      await port.publish('number', 1);
      await heard.reached(2);
      assert.deepEqual(heard.payloads(), ['UP', 1]);
    },
  },
];
