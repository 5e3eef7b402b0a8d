/** A promise with its key: the first `settle` counts, the others do nothing. */
export interface Settled<Value> {
  readonly promise: Promise<Value>;
  settle(value: Value): void;
}

/** Makes a promise that only its maker settles. It never rejects. */
export function createSettled<Value>(): Settled<Value> {
  const { promise, resolve } = Promise.withResolvers<Value>();
  return { promise, settle: resolve };
}

/** Calls back once after `ms`; returns what cancels it. A run that waits is work, so the timer holds the process while it is armed, or is told not to. */
export function armTimer(ms: number, ring: () => void, holds = true): () => void {
  const timer = setTimeout(ring, ms);
  if (!holds) timer.unref();
  return () => clearTimeout(timer);
}

/** What the promise resolves with, or `undefined` when the time is up. */
export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const late = createSettled<undefined>();
  const stop = armTimer(ms, () => late.settle(undefined));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    stop();
  }
}
