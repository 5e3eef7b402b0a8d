import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import type { CurvePoint } from '../curve.js';
import { openOurs } from '../ours.js';
import { median } from '../statistics.js';

const EXECUTIONS = [1, 10, 100, 1000, 10_000, 100_000];
/** The cost of the thousandth is the median of the hundred that end with it. */
const WINDOW = 0.1;

export const scaleRunLength: Bench = {
  name: 'scale-run-length',
  title: 'a run in-process, by how many the process has led before',
  async run({ quick, signal, progress }) {
    await using ours = openOurs({ sandbox: 'in-process' });
    const points: CurvePoint[] = [];
    let done = 0;
    for (const at of EXECUTIONS.slice(0, quick ? -1 : undefined)) {
      progress(`until execution ${at}`);
      const from = at - Math.max(1, Math.round(at * WINDOW));
      const samples: number[] = [];
      for (; done < at; done += 1) {
        if (done % 1000 === 0) signal.throwIfAborted();
        const start = performance.now();
        await ours.call('trivial', { n: 1 });
        if (done >= from) samples.push(performance.now() - start);
      }
      points.push({ at, cost: median(samples) });
    }
    return curveRows('run-length', 'ms', points);
  },
};
