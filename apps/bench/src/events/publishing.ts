import type { EventEmitter } from 'eventemitter3';
import type { EventPort, EventRules } from '@kb-labs/contracts';

/** What a manifest asks and what a host grants. */
export const RULES: readonly EventRules[] = [
  { produce: ['report.*'], consume: ['report.**'], scopes: ['execution'] },
  { produce: ['**'], consume: ['**'], scopes: ['execution'] },
];

/** Several, as a bus has: of one alone a compiler makes a call of its listener, and there is no emitter left to compare with. */
export const TOPICS: readonly string[] = ['report.begun', 'report.half', 'report.done', 'report.sent'];

/** The defaults, with a rate that a bench does not reach. */
export const busSettings = { ratePerMinute: 1_000_000_000, rateBurst: 1_000_000_000 } as const;

/** Events that a publisher does not wait for, before one that it does. A queue holds them all. */
const BURST = 50;

/** Publishes on each topic in turn, and waits for the last event of each burst alone. */
export async function publishBurst(port: EventPort, topics: readonly string[], count: number): Promise<void> {
  for (let pages = 0; pages < count;) {
    let last: Promise<unknown> | undefined;
    for (let sent = 0; sent < BURST; sent += 1) {
      last = port.publish(topics[pages % topics.length] ?? '', { pages });
      pages += 1;
    }
    await last;
  }
}

/** Waits for every event before the next. */
export async function publishEach(port: EventPort, topics: readonly string[], count: number): Promise<void> {
  for (let pages = 0; pages < count; pages += 1) await port.publish(topics[pages % topics.length] ?? '', { pages });
}

/** The same through a bare emitter. */
export function emitEach(emitter: EventEmitter, topics: readonly string[], count: number): void {
  for (let pages = 0; pages < count; pages += 1) emitter.emit(topics[pages % topics.length] ?? '', { pages });
}

/** Microseconds of one event, from milliseconds of all. */
export function perEvent(ms: number, count: number): number {
  return (ms * 1000) / count;
}
