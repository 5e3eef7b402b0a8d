import { createError } from '@kb-labs/contracts';

/** Threads that were told to end and have not: they are inside a native function that nothing interrupts. */
export interface ThreadCount {
  /** Throws `ERR_SANDBOX_CRASHED` where so many are left behind that another one could take what the host has. */
  assertRoom(): void;
  /** Counts a thread until it ends after all. */
  leave(ended: Promise<unknown>): void;
}

const MOST_LEFT_BEHIND = 8;

/** Begins with none. */
export function createThreadCount(): ThreadCount {
  let left = 0;
  return {
    assertRoom() {
      if (left < MOST_LEFT_BEHIND) return;
      throw createError('ERR_SANDBOX_CRASHED', `${left} threads do not end`, {
        details: { left, limit: MOST_LEFT_BEHIND },
        hint: 'a synchronous native function, such as crypto.pbkdf2Sync, holds each of them; run such plugins in a process',
      });
    },
    leave(ended) {
      left += 1;
      void ended.then(() => {
        left -= 1;
      });
    },
  };
}
