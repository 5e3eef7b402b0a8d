import assert from 'node:assert/strict';
import type { EventPort, EventPortOptions } from '@kb-labs/contracts';
import { assertMade } from '../bench/assert-made.js';
import { assertRefused } from '../bench/assert-refused.js';
import { ALPHA, collector, EVERYTHING, setupOf } from './event-bench.js';
import type { EventBench, EventBusSetup } from './event-bench.js';

/** Hands out the bus of a plugin to all who ask, and ends it when the last has let go. */
export interface PluginBusSource extends AsyncDisposable {
  acquire(pluginId: string): AsyncDisposable & { openPort(options: Omit<EventPortOptions, 'pluginId'>): EventPort };
}

/** What the checks of plugin buses need. */
export interface PluginBusBench extends EventBench {
  readonly createSource: (setup: EventBusSetup) => PluginBusSource | Promise<PluginBusSource>;
}

/** Something that everybody does who hands out the buses of plugins. */
export interface PluginBusDuty {
  readonly title: string;
  readonly check: (bench: PluginBusBench) => Promise<void>;
}

const { pluginId, executionId, traceId } = ALPHA;

/** The bus of one plugin, held by several. */
export const PLUGIN_BUS_DUTIES: readonly PluginBusDuty[] = [
  {
    title: 'gives the second who acquires the bus of a plugin none of the rules of the first',
    async check(bench) {
      await using source = await openSource(bench);
      const wide = portOf(source, ['**']);
      const narrow = portOf(source, ['b']);
      await wide.publish('a', null, { scope: 'plugin' });
      await assertRefused(() => narrow.publish('a', null, { scope: 'plugin' }), 'ERR_EVENT_DENIED', 'publish');
      await assertRefused(() => narrow.stream('a', { scope: 'plugin' }), 'ERR_EVENT_DENIED', 'stream');
      await narrow.publish('b', null, { scope: 'plugin' });
    },
  },
  {
    title: 'lets all who hold the bus of a plugin hear each other',
    async check(bench) {
      await using source = await openSource(bench);
      const heard = collector(bench);
      portOf(source, ['**']).subscribe('a', heard.listener, { scope: 'plugin' });
      await portOf(source, ['**']).publish('a', 1, { scope: 'plugin' });
      await heard.reached(1);
      assert.deepEqual(heard.payloads(), [1]);
    },
  },
  {
    title: 'ends the bus with its last hold, counts a hold once however often it is let go, and makes a new one then',
    async check(bench) {
      await using source = await openSource(bench);
      const [first, second] = [source.acquire(pluginId), source.acquire(pluginId)];
      const port = second.openPort({ executionId, traceId, rules: [EVERYTHING] });
      await first[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await port.publish('a', null);
      await assertRefused(
        () => first.openPort({ executionId, traceId, rules: [EVERYTHING] }),
        'ERR_EVENT_DENIED',
        'openPort',
      );
      await second[Symbol.asyncDispose]();
      await assertRefused(() => port.publish('a', null), 'ERR_EVENT_DENIED', 'publish');
      await portOf(source, ['**']).publish('a', null);
    },
  },
];

/** Throws where a factory made no buses of plugins. */
export function assertPluginBuses(made: unknown): void {
  const methods = ['acquire', Symbol.asyncDispose];
  assertMade(made, { usage: 'pluginBuses: (setup) => buses', thing: 'the buses of plugins', methods });
}

async function openSource(bench: PluginBusBench): Promise<PluginBusSource> {
  return bench.createSource(setupOf(bench, () => undefined));
}

function portOf(source: PluginBusSource, topics: readonly string[]): EventPort {
  const rules = [{ ...EVERYTHING, produce: topics, consume: topics }];
  return source.acquire(pluginId).openPort({ executionId, traceId, rules });
}
