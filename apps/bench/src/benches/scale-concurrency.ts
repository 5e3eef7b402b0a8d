import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import { openOurs } from '../ours.js';
import { median } from '../statistics.js';

const IN_FLIGHT = [1, 4, 16, 64, 256];
/** Runs that a round has at least, so that one slow process does not make a point. */
const RUNS = 16;

export const scaleConcurrency: Bench = {
  name: 'scale-concurrency',
  title: 'so many runs asked for at once, each in a process of its own, until the last one is done',
  async run({ quick, signal, progress }) {
    await using ours = openOurs();
    const samples = new Map<number, number[]>(IN_FLIGHT.map((at) => [at, []]));
    for (let round = 0; round < (quick ? 2 : 7); round += 1) {
      for (const [at, taken] of samples) {
        progress(`${at} at once`);
        for (let runs = 0; runs < RUNS; runs += at) {
          signal.throwIfAborted();
          const start = performance.now();
          await Promise.all(Array.from({ length: at }, () => ours.call('trivial', { n: 1 })));
          taken.push(performance.now() - start);
        }
      }
    }
    const points = [...samples].map(([at, taken]) => ({ at, cost: median(taken) }));
    return curveRows('concurrency', 'ms', points);
  },
};
