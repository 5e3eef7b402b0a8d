import { createEventBus } from '@kb-labs/plugin-runtime';
import { EventEmitter } from 'eventemitter3';
import eventemitter2 from 'eventemitter2';
import type { BenchOptions, BenchRow } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { busSettings, emitEach, perEvent, publishBurst, RULES, TOPICS } from './publishing.js';

const EVENTS = 2_000;
const FEW = 1;
const MANY = 21;
const HUNDRED = Array.from({ length: 100 }, (_, at) => `report.t${at}`);

/** What one more listener costs, queue and microtask included: the difference between many and one, divided among those there are more. */
export async function deliveryRow({ quick, signal }: BenchOptions): Promise<BenchRow> {
  await using bus = createEventBus(busSettings);
  const heard = { ours: 0, raw: 0 };
  const portWith = (executionId: string, listeners: number): ReturnType<typeof bus.openPort> => {
    const port = bus.openPort({ pluginId: 'bench', executionId, traceId: 'trace', rules: RULES });
    for (let at = 0; at < listeners; at += 1) port.subscribe('report.*', () => void (heard.ours += 1));
    return port;
  };
  const [few, many] = [portWith('few', FEW), portWith('many', MANY)];
  const emitter = new EventEmitter();
  for (const topic of TOPICS) emitter.on(topic, () => void (heard.raw += 1));
  const samples = await interleave(
    {
      few: () => publishBurst(few, TOPICS, EVENTS),
      many: () => publishBurst(many, TOPICS, EVENTS),
      raw: () => emitEach(emitter, TOPICS, EVENTS * 10),
    },
    { rounds: quick ? 40 : 200, warmups: 20, signal },
  );
  // What was published last may still wait for a turn of the event loop.
  for (const port of [few, many]) await port[Symbol.asyncDispose]();
  if (heard.ours % EVENTS !== 0 || heard.raw === 0) throw new Error('events were lost');
  return row('event-publish:delivery', {
    ours: perEvent(median(samples.many) - median(samples.few), EVENTS * (MANY - FEW)),
    floor: perEvent(median(samples.raw), EVENTS * 10),
    peers: {},
    unit: 'µs',
    note: 'what one more listener costs, beside a whole emit with one',
  });
}

/** A hundred topics with a listener each, and two that hear them all: a whole event here, with its checks, copy and stamps. */
export async function wildcardsRow({ quick, signal }: BenchOptions): Promise<BenchRow> {
  await using bus = createEventBus(busSettings);
  const heard = { ours: 0, theirs: 0 };
  const port = bus.openPort({ pluginId: 'bench', executionId: 'run', traceId: 'trace', rules: RULES });
  const theirs = new eventemitter2.EventEmitter2({ wildcard: true, delimiter: '.', maxListeners: 0 });
  for (const pattern of [...HUNDRED, 'report.*', 'report.**']) {
    port.subscribe(pattern, () => void (heard.ours += 1));
    theirs.on(pattern, () => void (heard.theirs += 1));
  }
  const samples = await interleave(
    {
      ours: () => publishBurst(port, HUNDRED, EVENTS),
      theirs: () => {
        for (let pages = 0; pages < EVENTS; pages += 1) theirs.emit(HUNDRED[pages % HUNDRED.length] ?? '', { pages });
      },
    },
    { rounds: quick ? 40 : 200, warmups: 20, signal },
  );
  await port[Symbol.asyncDispose]();
  if (heard.ours !== heard.theirs) throw new Error('events were lost');
  return row('event-publish:wildcards', {
    ours: perEvent(median(samples.ours), EVENTS),
    floor: null,
    peers: { eventemitter2: perEvent(median(samples.theirs), EVENTS) },
    unit: 'µs',
  });
}
