/** Registered, so that two copies of this package know each other's. */
const SETTLED: unique symbol = Symbol.for('@kb-labs/contracts/settled');

/** What a promise has been resolved with. */
export interface Settled<Value> {
  readonly value: Value;
}

/**
 * A resolved promise that says so: whoever knows the mark (`settledValue`) need not wait for it, and to all others it is like any other. For an adapter
 * that answers at once. The value must not be a thenable.
 */
export function settledWith<Value>(value: Value): Promise<Value> {
  const promise = Promise.resolve(value) as Promise<Value> & { [SETTLED]?: Settled<Value> };
  promise[SETTLED] = { value };
  return promise;
}

/** What a promise of `settledWith` was made of; `undefined` for any other, which must be waited for. */
export function settledValue<Value>(work: PromiseLike<Value>): Settled<Value> | undefined {
  // Its own: what somebody has done to all promises marks none of them.
  if (!(work instanceof Promise) || !Object.hasOwn(work, SETTLED)) return undefined;
  return (work as Promise<Value> & { readonly [SETTLED]?: Settled<Value> })[SETTLED];
}
