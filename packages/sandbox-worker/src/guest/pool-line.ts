/** Work for libuv's pool, which is the host's as well: of this thread there is one piece in it at a time. */
export interface PoolLine {
  /** Starts the work at once if nothing is in the pool, or else when its turn comes. The work calls `done` once when it has left the pool. */
  enter(start: (done: () => void) => void): PoolTicket;
}

/** A place in the line. */
export interface PoolTicket {
  /** Whether the work was given to the pool. */
  readonly hasStarted: boolean;
  /** Gives up a place whose turn has not come. */
  leave(): void;
}

/** Makes a line that is empty. */
export function createPoolLine(): PoolLine {
  const waiting = new Set<() => void>();
  let busy = false;
  const next = (): void => {
    const [first] = waiting;
    busy = first !== undefined;
    if (first === undefined) return;
    waiting.delete(first);
    first();
  };
  return {
    enter(start) {
      let hasStarted = false;
      let isDone = false;
      const done = (): void => {
        if (isDone) return;
        isDone = true;
        next();
      };
      const begin = (): void => {
        busy = true;
        hasStarted = true;
        start(done);
      };
      if (busy) waiting.add(begin);
      else begin();
      return {
        get hasStarted() {
          return hasStarted;
        },
        leave: () => void waiting.delete(begin),
      };
    },
  };
}
