import type { HostFunction } from '../host-function.js';

/** Makes functions wait for each other, in the order of their calls. */
export type OneAtATime = (work: HostFunction) => HostFunction;

/**
 * Makes one queue. A function that lists a tree, asks about it and then acts on it must not have another of the same run change it
 * in between. What a call throws is its own; the next one starts all the same.
 */
export function createQueue(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => (args, context) => {
    const turn = last.then(() => work(args, context));
    last = turn.catch(() => undefined);
    return turn;
  };
}
