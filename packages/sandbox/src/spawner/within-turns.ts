import { within } from '../wire/waiting.js';

/** Long enough for turns of the event loop in which all is read that has arrived. */
const TURNS_MS = 50;

/** As `within`, for what other processes say: where this one stood still until the time was up, what has arrived meanwhile is read first. */
export async function withinTurns<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  return (await within(ms, promise)) ?? (await within(TURNS_MS, promise));
}
