import { performance } from 'node:perf_hooks';
import type { Clock } from '@kb-labs/contracts';

/** The clock of this process. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
});
