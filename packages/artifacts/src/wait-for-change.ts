import { createError } from '@kb-labs/contracts';
import type { ArtifactKey, ArtifactStore, PluginError } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { untilAborted } from './until-aborted.js';
import { isWatchable } from './watchable.js';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** What to wait for, and how long. */
export interface WaitRequest {
  readonly store: ArtifactStore;
  readonly key: ArtifactKey;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Which version will do, and which was there at the last look: what the error says of it. */
  readonly versions?: () => { readonly minVersion: string; readonly version: string | undefined } | undefined;
}

/**
 * Looks until there is something to see: again after each change where the store can be watched, else after pauses that grow to a second.
 * Throws `ERR_TIMEOUT` with the time that passed and the limit, and `ERR_ABORTED`. It keeps the process alive for as long as it waits.
 */
export async function waitForChange<T>(request: WaitRequest, look: () => Promise<T | undefined>): Promise<T> {
  const { store, key, timeoutMs, signal } = request;
  const started = performance.now();
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(tooLong(request, started)), timeoutMs);
  const end = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]);
  try {
    using changes = openChanges(store, key);
    for (;;) {
      // Asked for before the look, so that a change is either seen by it or heard of.
      const change = changes.next();
      const found = await untilAborted(look(), end);
      if (found !== undefined) return found;
      await untilAborted(change, end);
    }
  } finally {
    clearTimeout(timer);
  }
}

interface Changes extends Disposable {
  /** The next change from now on, or the next time at which it is worth looking. */
  next(): Promise<void>;
}

function openChanges(store: ArtifactStore, key: ArtifactKey): Changes {
  if (!isWatchable(store)) return pauses();
  let wake = (): void => undefined;
  try {
    const watch = store.watch(key, () => wake());
    return {
      next: () => new Promise((resolve) => (wake = resolve)),
      [Symbol.dispose]: () => watch[Symbol.dispose](),
    };
  } catch {
    // The system has no watcher left: looking now and then still finds it.
    return pauses();
  }
}

function pauses(): Changes {
  let pause = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  return {
    next: () =>
      new Promise((resolve) => {
        timer = setTimeout(resolve, pause);
        pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5);
      }),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function tooLong({ key, timeoutMs: limitMs, versions }: WaitRequest, started: number): PluginError {
  const elapsedMs = Math.round(performance.now() - started);
  const uri = artifactUri(key);
  const older = versions?.();
  if (older === undefined) {
    return createError('ERR_TIMEOUT', `${uri} did not come within ${limitMs} ms`, {
      details: { elapsedMs, limitMs },
      hint: 'wait longer with timeoutMs, or look at what writes it',
    });
  }
  const { minVersion, version } = older;
  const has = version === undefined ? 'has no version' : `has the version ${version}`;
  const message = `${uri} ${has}, and ${minVersion} or a newer one did not come within ${limitMs} ms`;
  return createError('ERR_TIMEOUT', message, {
    details: { elapsedMs, limitMs, minVersion, version },
    hint: 'ask for an older minVersion, wait longer with timeoutMs, or look at what writes it',
  });
}
