import { AbortController, AbortSignal } from './abort-signal.js';
import { Event, EventTarget } from './event-target.js';
import { defineLazily } from './lazy-globals.js';
import { TextDecoder, TextEncoder } from './text-codec.js';
import { createTimers } from './timers.js';
import type { Timers } from './timers.js';

/** Puts globals there as the engine has its own: they can be replaced, and do not show when keys are listed. */
export function define(globals: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
}

/** The timers behind `setTimeout` and its relatives. */
export const timers: Timers = createTimers(performance.now.bind(performance));

define({ ...timers.globals, AbortController, AbortSignal, Event, EventTarget, TextDecoder, TextEncoder });
defineLazily(define);
hideFunctionsOfFrames();

/** `Error.prepareStackTrace` hands out the functions of a stack; those of the guest's own side are none of the plugin's business. */
function hideFunctionsOfFrames(): void {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_, [frame]) => frame;
  const frame: unknown = new Error('for its frames').stack;
  // An accessor of the engine's own: taken away, it would leave what was set.
  Error.prepareStackTrace = before;
  for (const name of ['getFunction', 'getThis']) Reflect.deleteProperty(Object.getPrototypeOf(frame), name);
}
