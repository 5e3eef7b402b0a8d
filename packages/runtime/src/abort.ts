import { createAbortError } from '@kb-labs/contracts';
import type { AbortLine, PluginError } from '@kb-labs/contracts';

/** One signal that follows several. Disposing lets go of them, so that a long-lived signal keeps no trace of a finished run. */
export interface LinkedSignal extends AbortLine, Disposable {
  /** Made for the first who asks. */
  readonly signal: AbortSignal;
}

/** Makes signals that follow others. */
export interface SignalLinks {
  /** Aborts as soon as one of the sources does, with its reason. `AbortSignal.any` has no way to let go. */
  link(sources: readonly (AbortSignal | undefined)[]): LinkedSignal;
}

/**
 * Makes the links of one runtime. A source has one listener, however many follow it: Node looks through all that a signal has before it
 * adds one, so that ten thousand executions of one context would hold the event loop up for seconds. `always` is a source of every link, and
 * has its listener for good.
 */
export function createSignalLinks(always?: AbortSignal): SignalLinks {
  const followers = new WeakMap<AbortSignal, Followers>();
  const constant = always === undefined ? undefined : new Followers(always, true);
  const groupOf = (source: AbortSignal): Followers => {
    const group = followers.get(source) ?? new Followers(source, false);
    followers.set(source, group);
    return group;
  };
  return {
    link(sources) {
      const line = new FollowedLine();
      if (constant !== undefined) line.follow(constant);
      for (const source of sources) if (source !== undefined) line.follow(groupOf(source));
      return line;
    },
  };
}

class FollowedLine implements LinkedSignal {
  // Most follow one signal, and need no list.
  #place: Place | undefined;
  #morePlaces: Place[] | undefined;
  #listeners: Heard[] | undefined;
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  get aborted(): boolean {
    return this.#ended !== undefined;
  }

  get reason(): unknown {
    return this.#ended?.reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  onAbort(listener: () => void): () => void {
    const { aborted } = this;
    if (aborted) return () => undefined;
    const listeners = (this.#listeners ??= []);
    // One of its own for each, so that the same function may listen twice.
    const heard: Heard = { listener };
    listeners.push(heard);
    return () => {
      // Most leave in the order in which they did not come, and `splice` makes a list of what it takes away.
      if (listeners.at(-1) === heard) listeners.pop();
      else if (listeners.includes(heard)) listeners.splice(listeners.indexOf(heard), 1);
    };
  }

  follow(group: Followers): void {
    if (this.#place?.group === group || this.#morePlaces?.some((place) => place.group === group) === true) return;
    if (group.source.aborted) this.abort(group.source.reason);
    const place = group.add(this);
    if (this.#place === undefined) this.#place = place;
    else (this.#morePlaces ??= []).push(place);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.#ended = { reason };
    this.#controller?.abort(reason);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    // Each may take others away, which then hear nothing.
    for (let heard = listeners.shift(); heard !== undefined; heard = listeners.shift()) heard.listener();
  }

  [Symbol.dispose](): void {
    this.#place?.group.delete(this.#place);
    for (const place of this.#morePlaces ?? NO_PLACES) place.group.delete(place);
  }
}

const NO_PLACES: readonly Place[] = [];

interface Heard {
  readonly listener: () => void;
}

/** Where a line stands among those that follow a signal. */
interface Place {
  readonly group: Followers;
  readonly line: FollowedLine;
  /** -1 once it is left. */
  index: number;
}

/** All that follow one signal. It listens while there are any, or for good. */
class Followers {
  readonly source: AbortSignal;
  readonly #isConstant: boolean;
  // No set: the tables that one has outgrown keep what was in them until V8 collects all that is old, and so each run the next one.
  readonly #places: Place[] = [];
  readonly #listener = (): void => {
    for (const { line } of this.#places.slice()) line.abort(this.source.reason);
  };

  constructor(source: AbortSignal, isConstant: boolean) {
    this.source = source;
    this.#isConstant = isConstant;
    if (isConstant) this.#listen();
  }

  add(line: FollowedLine): Place {
    if (this.#places.length === 0 && !this.#isConstant) this.#listen();
    const place = { group: this, line, index: this.#places.length };
    this.#places.push(place);
    return place;
  }

  delete(place: Place): void {
    const { index } = place;
    if (index === -1) return;
    place.index = -1;
    const last = this.#places.pop();
    if (last !== undefined && last !== place) {
      this.#places[index] = last;
      last.index = index;
    }
    if (this.#places.length === 0 && !this.#isConstant) this.source.removeEventListener('abort', this.#listener);
  }

  #listen(): void {
    this.source.addEventListener('abort', this.#listener, { once: true });
  }
}

/** What tells that it is over, and why: a signal, or a line of the runtime's own. */
type Ended = Pick<AbortSignal, 'aborted' | 'reason'>;

/** What the caller of an execution gets whose signal has gone. */
export function abortError(ended: Ended): PluginError {
  return createAbortError('the caller ended the execution', ended);
}

/** Throws `ERR_ABORTED` where the signal has already gone. */
export function assertNotAborted(ended: Ended): void {
  if (ended.aborted) throw abortError(ended);
}

/** Waits for the host's own code (a schema, a registry), but no longer than the line allows: what comes later is dropped. */
export async function untilAborted<T>(work: T | PromiseLike<T>, line: AbortLine): Promise<T> {
  assertNotAborted(line);
  if (!isPending(work)) return work;
  return await new Promise<T>((resolve, reject) => {
    const unlisten = line.onAbort(() => reject(abortError(line)));
    work.then(
      (value) => {
        unlisten();
        resolve(value);
      },
      (error: unknown) => {
        unlisten();
        reject(error);
      },
    );
  });
}

/** Whether there is something to wait for. */
export function isPending<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  if (value instanceof Promise) return true;
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
