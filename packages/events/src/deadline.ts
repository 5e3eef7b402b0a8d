/** Does work that is told when it is late. Resolves as the work does, and leaves no timer behind. */
export async function withDeadline(ms: number, work: (late: Promise<void>) => Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  // Not unreferenced: somebody waits for it, and for no longer than this.
  const timer = setTimeout(resolve, ms);
  try {
    await work(late);
  } finally {
    clearTimeout(timer);
  }
}
