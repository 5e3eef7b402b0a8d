import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import type { CurvePoint } from '../curve.js';
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
    const points: CurvePoint[] = [];
    for (const at of IN_FLIGHT) {
      progress(`${at} at once`);
      const samples: number[] = [];
      for (let round = 0; round < (quick ? 1 : 5); round += 1) {
        for (let runs = 0; runs < RUNS; runs += at) {
          signal.throwIfAborted();
          const start = performance.now();
          await Promise.all(Array.from({ length: at }, () => ours.call('trivial', { n: 1 })));
          samples.push(performance.now() - start);
        }
      }
      points.push({ at, cost: median(samples) });
    }
    return curveRows('concurrency', 'ms', points);
  },
};
