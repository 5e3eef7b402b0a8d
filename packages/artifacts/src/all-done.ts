/** Waits until all of them have ended, and then throws what the first in the list threw. So nothing goes on in what is closed after it. */
export async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
