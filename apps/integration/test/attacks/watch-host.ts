import { setTimeout as delay } from 'node:timers/promises';

/** What the host itself went through while it ran something. */
export interface HostStrain {
  /** The longest time in which its event loop did not come round, in milliseconds. */
  readonly lagMs: number;
  /** How much its resident set grew at the most, in MiB. */
  readonly grownMib: number;
}

/** Measures the host while `work` is under way: a timer every 2 ms tells how late it is. */
export async function strainOf(work: () => Promise<unknown>): Promise<HostStrain> {
  const base = process.memoryUsage.rss();
  let last = performance.now();
  let lagMs = 0;
  let most = base;
  const look = (): void => {
    const now = performance.now();
    lagMs = Math.max(lagMs, now - last - 2);
    last = now;
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 2);
  await work();
  look();
  clearInterval(timer);
  return { lagMs, grownMib: (most - base) / 1_048_576 };
}

/**
 * The least lag of a few tries, in milliseconds, beyond that of an idle host at the same time: what others do on this machine can only
 * add to it.
 */
export async function leastLag(work: () => Promise<unknown>, limitMs: number, tries = 8): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < tries && least >= limitMs; turn += 1) {
    const { lagMs } = await strainOf(work);
    const idle = lagMs < limitMs ? 0 : (await strainOf(() => delay(300))).lagMs;
    least = Math.min(least, lagMs - idle);
  }
  return least;
}
