import { abortError } from '../wire/abort-error.js';
import { within } from '../wire/waiting.js';
import type { Spare } from './preload-spare.js';
import { claimStarting, dropStarting } from './spare-shelf.js';
import type { SpareShelf, StartingSpare } from './spare-shelf.js';

/** What takes longer to load than a process to start is of no use to whoever waits. */
const PATIENCE_MS = 50;
const A_WHILE_MS = 60_000;

/**
 * Waits for a spare that is about to be ready, which is sooner than a new one. `undefined` where there is none, and where it does not get ready.
 * Throws `ERR_ABORTED`, and has ended it.
 */
export async function claimSpare(shelf: SpareShelf, signal: AbortSignal): Promise<Spare | undefined> {
  const spare = claimStarting(shelf);
  if (spare === undefined) return undefined;
  const called = Promise.withResolvers<undefined>();
  const callOff = (): void => called.resolve(undefined);
  signal.addEventListener('abort', callOff, { once: true });
  // A spare holds no process; this one is waited for.
  const holding = setInterval(() => undefined, A_WHILE_MS);
  try {
    const ready = await Promise.race([finish(shelf, spare), called.promise]);
    if (!signal.aborted) return ready;
    dropStarting(spare);
    throw abortError(signal);
  } finally {
    clearInterval(holding);
    signal.removeEventListener('abort', callOff);
  }
}

/** The child with what it has loaded, if that is done soon; otherwise it is ended. */
async function finish({ habit }: SpareShelf, spare: StartingSpare): Promise<Spare | undefined> {
  const child = await spare.child.catch(() => undefined);
  if (child === undefined || spare.preloading === undefined) return child && { child, preloaded: undefined };
  const { preloaded, done } = spare.preloading;
  if ((await within(PATIENCE_MS, done)) === true) return { child, preloaded };
  habit.noteMiss();
  await child.session.dispose();
  return undefined;
}
