import { serveGuest } from '../wire/guest-peer.js';
import { createRehearsedChannel, rehearsedFrame } from '../wire/rehearsal.js';

// Captured before a plugin's code can replace it.
const inNextTurn = setImmediate;

/** Most of what is practised is saved in the runs. More of it makes them faster still, and costs more than it saves. */
const TIMES = 200;

/**
 * Leads many runs of this process's own making through the guest's side of the wire, with a handler of its own and no host: V8 makes its faster code of what has
 * run some hundred times. To be called before any code of the plugin is loaded.
 */
export async function rehearseOften(): Promise<void> {
  const { transport, take } = createRehearsedChannel();
  serveGuest({
    transport,
    load: () => Promise.resolve({ namespace: { handle: (input: unknown): unknown => input } }),
    prepare: () => undefined,
    leave: () => undefined,
    leaked: () => [],
  });
  for (let run = 1; run <= TIMES; run += 1) {
    take(rehearsedFrame(run));
    await new Promise((resolve) => inNextTurn(resolve));
  }
}
