import type { Bench } from './bench.js';

/** All benches, in the order in which they run. Each is loaded only in the process that runs it, so that none warms another. */
export const catalogue: Readonly<Record<string, () => Promise<Bench>>> = {
  'fresh-process': async () => (await import('./benches/fresh-process.js')).freshProcess,
};
