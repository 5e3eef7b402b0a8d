import { abortError, assertNotAborted } from './abort.js';

/** Keeps what one run invokes, and what that invokes in turn, to so many runs at once. */
export interface InvokePlaces {
  /** For one run that invokes. */
  branch(): InvokeBranch;
}

/** The places of what one run invokes. */
export interface InvokeBranch {
  /** Resolves when one more may begin; dispose what it gives when it has ended. First come, first served. Throws `ERR_ABORTED`. */
  enter(signal: AbortSignal): Promise<Disposable>;
}

/**
 * Each run has one place for what it invokes that is its own, or all could wait for each other; beside it there are
 * `maxConcurrency - 1` for all. So no more than `maxConcurrency` times the depth of the chain are under way.
 */
export function createInvokePlaces(maxConcurrency: number): InvokePlaces {
  const places = new SharedPlaces(maxConcurrency - 1);
  return {
    branch() {
      const own: OwnPlace = { isTaken: false };
      return { enter: (signal) => places.enter(own, signal) };
    },
  };
}

interface OwnPlace {
  isTaken: boolean;
}

interface Waiter {
  readonly own: OwnPlace;
  readonly admit: (place: Disposable) => void;
}

class SharedPlaces {
  readonly #waiting = new Set<Waiter>();
  #left: number;

  constructor(count: number) {
    this.#left = count;
  }

  async enter(own: OwnPlace, signal: AbortSignal): Promise<Disposable> {
    assertNotAborted(signal);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        own,
        admit(place) {
          signal.removeEventListener('abort', giveUp);
          resolve(place);
        },
      };
      const giveUp = (): void => {
        this.#waiting.delete(waiter);
        reject(abortError(signal));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiter);
      this.#admitNext();
    });
  }

  #admitNext(): void {
    for (const waiter of this.#waiting) {
      const place = this.#take(waiter.own);
      if (place === undefined) continue;
      this.#waiting.delete(waiter);
      waiter.admit(place);
    }
  }

  /** `undefined` where neither its own is left nor one of all. */
  #take(own: OwnPlace): Disposable | undefined {
    if (!own.isTaken) {
      own.isTaken = true;
      return this.#held(() => {
        own.isTaken = false;
      });
    }
    if (this.#left < 1) return undefined;
    this.#left -= 1;
    return this.#held(() => {
      this.#left += 1;
    });
  }

  #held(giveBack: () => void): Disposable {
    return {
      [Symbol.dispose]: () => {
        giveBack();
        this.#admitNext();
      },
    };
  }
}
