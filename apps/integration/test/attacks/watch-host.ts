/** What the host itself went through while it ran something. */
export interface HostStrain {
  /**
   * The longest time for which its event loop did not come round, in milliseconds, as far as it was busy meanwhile: what others do on this
   * machine keeps it waiting as well, and is no work of its own.
   */
  readonly lagMs: number;
  /** How much its resident set grew at the most, in MiB. */
  readonly grownMib: number;
}

const EVERY_MS = 2;

/** Measures the host while `work` is under way: a timer tells how late it is. */
export async function strainOf(work: () => Promise<unknown>): Promise<HostStrain> {
  const base = process.memoryUsage.rss();
  let last = { time: performance.now(), busy: busyMs() };
  let lagMs = 0;
  let most = base;
  const look = (): void => {
    const now = { time: performance.now(), busy: busyMs() };
    lagMs = Math.max(lagMs, Math.min(now.time - last.time - EVERY_MS, now.busy - last.busy));
    last = now;
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, EVERY_MS);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  return { lagMs, grownMib: (most - base) / 1_048_576 };
}

/** CPU time of this process. */
function busyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The least lag of a few tries: a collection of garbage that falls into one is not the guest's doing. */
export async function leastLag(work: () => Promise<unknown>, limitMs: number, tries = 5): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < tries && least >= limitMs; turn += 1) least = Math.min(least, (await strainOf(work)).lagMs);
  return least;
}
