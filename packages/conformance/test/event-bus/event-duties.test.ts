import { afterAll, beforeAll, expect, it } from 'vitest';
import { DELIVERY_DUTIES } from '../../src/event-bus/delivery-duties.js';
import { ENDING_DUTIES } from '../../src/event-bus/ending-duties.js';
import { PAYLOAD_DUTIES } from '../../src/event-bus/payload-duties.js';
import { PLUGIN_BUS_DUTIES } from '../../src/event-bus/plugin-bus-duties.js';
import type { PluginBusSource } from '../../src/event-bus/plugin-bus-duties.js';
import { QUEUE_DUTIES } from '../../src/event-bus/queue-duties.js';
import { RULE_DUTIES } from '../../src/event-bus/rule-duties.js';
import { carelessBus } from './careless-bus.js';

// The careless bus hands over what it got, and it ends.
const IDLE = [
  'ends one subscription and no other, however often that is asked',
  'may be disposed of twice, bus and port, also at the same time',
];
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));

it.each([
  ['rules', RULE_DUTIES, []],
  ['payloads', PAYLOAD_DUTIES, ['hands over JSON data as it was, key "__proto__" included']],
  ['delivery', DELIVERY_DUTIES, []],
  ['queues', QUEUE_DUTIES, []],
  ['endings', ENDING_DUTIES, IDLE],
])('the duties of %s are not done by a careless bus', async (_, duties, done) => {
  const bench = { create: carelessBus, timeScale: 0.02 };
  const fulfilled = await Promise.all(
    duties.map(({ title, check }) =>
      check(bench).then(
        () => [title],
        () => [],
      ),
    ),
  );
  expect(fulfilled.flat()).toEqual(done);
});

it('the duties of those who hand out plugin buses are not done by one who gives all the same port', async () => {
  const port = carelessBus().openHostPort();
  const hold = { openPort: () => port, [Symbol.asyncDispose]: async () => undefined };
  const createSource = (): PluginBusSource => ({ acquire: () => hold, [Symbol.asyncDispose]: async () => undefined });
  const bench = { create: carelessBus, createSource, timeScale: 0.02 };
  const results = await Promise.allSettled(PLUGIN_BUS_DUTIES.map(({ check }) => check(bench)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
});
