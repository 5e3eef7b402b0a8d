import { createEventBus } from '@kb-labs/plugin-runtime';
import { EventEmitter } from 'eventemitter3';
import Emittery from 'emittery';
import type { Bench, BenchOptions, BenchRow } from '../bench.js';
import { deliveryRow, wildcardsRow } from '../events/many-listeners.js';
import { toChildRow } from '../events/to-child.js';
import { busSettings, emitEach, perEvent, publishBurst, publishEach, RULES, TOPICS } from '../events/publishing.js';
import { interleave } from '../interleave.js';
import { openKbLabsBus } from '../peers/kb-labs-bus.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const EVENTS = 2_000;
/** What the published runtime's child is given: each takes a round trip. */
const FROM_CHILD = 100;

export const eventPublish: Bench = {
  name: 'event-publish',
  title: 'an event from its publisher to its listener, beside emitters that check, copy and stamp nothing',
  async run(options) {
    return [
      ...(await publishRows(options)),
      await deliveryRow(options),
      await wildcardsRow(options),
      await toChildRow(options),
    ];
  },
};

/**
 * From the call of `publish` until the listener has run: through two rule sets, rate, copy of the payload, bounds, stamps and queue. The default
 * rate is lifted, for it is 6 000 a minute; it is counted all the same.
 */
async function publishRows({ quick, signal }: BenchOptions): Promise<readonly BenchRow[]> {
  await using bus = createEventBus(busSettings);
  const port = bus.openPort({ pluginId: 'bench', executionId: 'run', traceId: 'trace', rules: RULES });
  const heard = { ours: 0, kbLabs: 0, sum: 0 };
  port.subscribe('report.*', ({ payload }) => {
    heard.ours += 1;
    heard.sum += pagesOf(payload);
  });
  const emitter = new EventEmitter();
  for (const topic of TOPICS) emitter.on(topic, (payload: unknown) => void (heard.sum += pagesOf(payload)));
  const emittery = new Emittery();
  emittery.on('report.done', ({ data }) => void (heard.sum += pagesOf(data)));
  await using kbLabs = await openKbLabsBus(() => void (heard.kbLabs += 1));
  const samples = await interleave(
    {
      burst: () => publishBurst(port, TOPICS, EVENTS),
      each: () => publishEach(port, TOPICS, EVENTS),
      raw: () => emitEach(emitter, TOPICS, EVENTS * 10),
      emittery: async () => {
        for (let pages = 0; pages < EVENTS / 10; pages += 1) await emittery.emit('report.done', { pages });
      },
      kbLabsHere: () => kbLabs.publishHere(EVENTS),
      kbLabsChild: () => kbLabs.publishFromChild(FROM_CHILD),
    },
    { rounds: quick ? 40 : 200, warmups: 20, signal },
  );
  await port[Symbol.asyncDispose]();
  if (heard.ours % EVENTS !== 0 || heard.sum === 0) throw new Error('events were lost');
  const figures = {
    ours: perEvent(median(samples.burst), EVENTS),
    floor: perEvent(median(samples.raw), EVENTS * 10),
    peers: {
      'each awaited': perEvent(median(samples.each), EVENTS),
      emittery: perEvent(median(samples.emittery), EVENTS / 10),
      'KB Labs bus': perEvent(median(samples.kbLabsChild), FROM_CHILD),
      'KB Labs bus, in memory': perEvent(median(samples.kbLabsHere), EVENTS),
    },
    unit: 'µs',
  };
  const note =
    'the KB Labs bus as its plugins have it, from a child over its channel; in memory it is a map of listeners, without rules, copies or stamps';
  return [row('event-publish', figures), row('event-publish:kb-labs', { ...figures, note })];
}

function pagesOf(payload: unknown): number {
  return typeof payload === 'object' && payload !== null && 'pages' in payload ? Number(payload.pages) : 0;
}
