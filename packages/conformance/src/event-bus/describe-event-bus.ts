import { describe, expect, it } from 'vitest';
import { checkedFactory, REFUSED_FACTORY } from '../bench/checked-factory.js';
import { DELIVERY_DUTIES } from './delivery-duties.js';
import { ENDING_DUTIES } from './ending-duties.js';
import { assertEventBuses } from './event-bench.js';
import type { CreateEventBus } from './event-bench.js';
import type { EventDuty } from './event-duty.js';
import { PAYLOAD_DUTIES } from './payload-duties.js';
import { assertPluginBuses, PLUGIN_BUS_DUTIES } from './plugin-bus-duties.js';
import type { PluginBusBench } from './plugin-bus-duties.js';
import { QUEUE_DUTIES } from './queue-duties.js';
import { RULE_DUTIES } from './rule-duties.js';

/** What belongs to a bus besides itself. */
export interface DescribeEventBusOptions {
  /** Where the buses of plugins come from: adds the duties of those who hand them out. */
  readonly pluginBuses?: PluginBusBench['createSource'];
  /** Multiplies every time limit: more than 1 on a slow machine. */
  readonly timeScale?: number;
}

const DUTIES: Readonly<Record<string, readonly EventDuty[]>> = {
  rules: RULE_DUTIES,
  payloads: PAYLOAD_DUTIES,
  delivery: DELIVERY_DUTIES,
  queues: QUEUE_DUTIES,
  endings: ENDING_DUTIES,
};

/**
 * Defines the tests of an event bus, or of an `EventTransport` below two of them: `create` makes one bus, or two that are joined, for each test. Each
 * test disposes of what it was given. It proves nothing about a transport that loses its connection.
 */
export function describeEventBus(
  name: string,
  create: CreateEventBus,
  { pluginBuses, timeScale = 1 }: DescribeEventBusOptions = {},
): void {
  describe(`the event bus ${name}`, { timeout: 20_000 * timeScale }, () => {
    const factory = checkedFactory(create, assertEventBuses);
    for (const [subject, duties] of Object.entries(DUTIES)) {
      describe(`duties: ${subject}`, () => {
        it.for(duties)('$title', async ({ check }, { skip }) => {
          skip(factory.isRefused(), REFUSED_FACTORY);
          expect(await check({ create: factory.create, timeScale })).toBeUndefined();
        });
      });
    }
    if (pluginBuses === undefined) return;
    describe('duties: the buses of plugins', () => {
      const sources = checkedFactory(pluginBuses, assertPluginBuses);
      it.for(PLUGIN_BUS_DUTIES)('$title', async ({ check }, { skip }) => {
        skip(sources.isRefused(), REFUSED_FACTORY);
        const bench = { create: factory.create, createSource: sources.create, timeScale };
        expect(await check(bench)).toBeUndefined();
      });
    });
  });
}
