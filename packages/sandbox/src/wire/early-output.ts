import { createGuestOutput } from './guest-output.js';
import type { GuestOutput } from './guest-output.js';
import type { OutputMessage } from './messages.js';

/** What a guest's modules say while they are loaded, before there is a run. It counts against the limit of the first one. */
export interface EarlyOutput {
  /** Also what the first run says goes through here. */
  readonly output: GuestOutput;
  /** The first run has begun: sends what waits, and from now on everything. */
  attach(send: (message: OutputMessage) => void): void;
}

/** Makes it. It keeps no more than `maxBytes`. */
export function createEarlyOutput(maxBytes: number): EarlyOutput {
  let waiting: OutputMessage[] = [];
  let send = (message: OutputMessage): void => void waiting.push(message);
  return {
    output: createGuestOutput(maxBytes, (message) => send(message)),
    attach(next) {
      send = next;
      for (const message of waiting) send(message);
      waiting = [];
    },
  };
}
