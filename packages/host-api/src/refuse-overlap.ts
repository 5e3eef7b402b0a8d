import { createError } from '@kb-labs/contracts';

/** Whether one is under way, of calls that have an order only if each is awaited. */
export interface Turn {
  /** Does the work, or throws `ERR_INVALID_ARGUMENT` while the work before it is under way. */
  take<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Refuses what comes while the one before it still waits: in the name of the host function, and with what to do instead. */
export function refuseOverlap(name: string, hint: string): Turn {
  let isTaken = false;
  return {
    async take(work) {
      if (isTaken) {
        throw createError('ERR_INVALID_ARGUMENT', `${name}: the call before this one still waits`, { hint });
      }
      isTaken = true;
      try {
        return await work();
      } finally {
        isTaken = false;
      }
    },
  };
}
