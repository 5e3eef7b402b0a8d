import type { Bench } from '../bench.js';
import { openOurs } from '../ours.js';
import { forkEmpty } from '../peers/bare-process.js';
import { openTinypool } from '../peers/pools.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { interleaveThroughput } from '../throughput.js';

const IN_FLIGHT = 4;

export const freshThroughput: Bench = {
  name: 'fresh-throughput',
  title: 'fresh processes a second with four in flight, beside cold forks of an empty script',
  async run({ quick, signal }) {
    await using ours = openOurs();
    await using tinypool = await openTinypool({ kind: 'processes', workers: IN_FLIGHT, isolate: true });
    const input = { n: 1 };
    const samples = await interleaveThroughput(
      { ours: () => ours.call('trivial', input), fork: forkEmpty, tinypool: () => tinypool.call(input) },
      { inFlight: IN_FLIGHT, rounds: quick ? 2 : 9, sliceMs: quick ? 1500 : 3000, leadMs: 500, signal },
    );
    const figures = {
      ours: median(samples.ours),
      floor: median(samples.fork),
      peers: { 'tinypool processes, isolated': median(samples.tinypool) },
      unit: 'a second',
    };
    return [row('fresh-throughput', figures), row('fresh-throughput:tinypool', figures)];
  },
};
