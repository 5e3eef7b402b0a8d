import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { openPiscina, openTinypool, openWorkerpool } from '../peers/pools.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const IN_FLIGHT = 16;
const CHILDREN = 2;
/** Of one round, of each subject. */
const CALLS = 160;

export const warmParallel: Bench = {
  name: 'warm-parallel',
  title: 'sixteen runs in flight over two processes that are used again',
  async run({ quick, signal }) {
    const grant = { isolation: 'plugin', permissions: { quotas: { maxConcurrency: IN_FLIGHT } } } as const;
    await using ours = openOurs({ grant, maxConcurrency: IN_FLIGHT, reentrant: true });
    await using one = await openRawChannel();
    await using other = await openRawChannel();
    await using tinypool = await openTinypool({ kind: 'processes', workers: CHILDREN });
    await using piscina = await openPiscina({ workers: CHILDREN });
    await using workerpool = await openWorkerpool({ kind: 'processes', workers: CHILDREN });
    const input = { text: 'the same payload for all', n: 1 };
    const samples = await interleave(
      {
        ours: inLanes(async () => {
          const { metrics } = await ours.execute('trivial', input);
          if (metrics.queueMs.used !== 0) throw new Error('a run stood in the queue, and so fewer were in flight');
        }),
        raw: inLanes((lane) => (lane % CHILDREN === 0 ? one : other).echo(input)),
        tinypool: inLanes(() => tinypool.call(input)),
        piscina: inLanes(() => piscina.call(input)),
        workerpool: inLanes(() => workerpool.call(input)),
      },
      { rounds: quick ? 10 : 60, warmups: 2, signal },
    );
    const figures = {
      ours: median(samples.ours) / CALLS,
      floor: median(samples.raw) / CALLS,
      peers: {
        'tinypool processes': median(samples.tinypool) / CALLS,
        'piscina threads': median(samples.piscina) / CALLS,
        'workerpool processes': median(samples.workerpool) / CALLS,
      },
      unit: 'ms a run',
    };
    return [
      row('warm-parallel', figures),
      row('warm-parallel:tinypool', figures),
      row('warm-parallel:piscina', figures),
    ];
  },
};

function inLanes(call: (lane: number) => Promise<unknown>): () => Promise<void> {
  return async () => {
    const lane = async (_: unknown, index: number): Promise<void> => {
      for (let calls = 0; calls < CALLS / IN_FLIGHT; calls += 1) await call(index);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  };
}
