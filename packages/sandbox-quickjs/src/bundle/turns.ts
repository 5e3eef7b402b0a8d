/** So many at a time; the others wait in the order in which they came. */
export interface Turns {
  take(): Turn;
}

/** A place in the line, and then a turn. `leave` gives either up, and may be called again. */
interface Turn {
  readonly ready: Promise<void>;
  leave(): void;
}

/** Makes a line of its own. */
export function createTurns(limit: number): Turns {
  const waiting = new Set<() => void>();
  let free = limit;
  return {
    take() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const enter = (): void => {
        waiting.delete(enter);
        free -= 1;
        resolve();
      };
      if (free > 0) enter();
      else waiting.add(enter);
      let left = false;
      const leave = (): void => {
        if (left) return;
        left = true;
        if (waiting.delete(enter)) return;
        free += 1;
        const [next] = waiting;
        next?.();
      };
      return { ready: promise, leave };
    },
  };
}
