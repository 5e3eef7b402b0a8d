import { callAtRandom } from '../arrivals.js';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { forkEmpty, restToBoot, spawnEmpty } from '../peers/bare-process.js';
import { measureIsolatedVm } from '../peers/isolated-vm.js';
import { openKbLabs } from '../peers/kb-labs.js';
import { openTinypool } from '../peers/pools.js';
import { row } from '../row.js';
import { median, percentile } from '../statistics.js';

const PER_SECOND = 15;

export const freshProcess: Bench = {
  name: 'fresh-process',
  title: 'execute() in a process of its own, without a wall, beside a cold fork of an empty script',
  async run({ quick, signal, progress }) {
    await using ours = openOurs();
    await using kbLabs = await openKbLabs({ mode: 'subprocess' });
    await using tinypool = await openTinypool({ kind: 'processes', workers: 2, isolate: true, ready: 0 });
    await using tinypoolAhead = await openTinypool({ kind: 'processes', workers: 2, isolate: true, ready: 1 });
    const input = { n: 1 };
    const samples = await interleave(
      {
        ours: () => ours.call('trivial', input),
        fork: forkEmpty,
        spawn: spawnEmpty,
        kbLabs: () => kbLabs.call(input),
        tinypool: () => tinypool.call(input),
        tinypoolAhead: () => tinypoolAhead.call(input),
      },
      { rounds: quick ? 15 : 100, restMs: await restToBoot(signal), signal },
    );
    const isolatedVm = await measureIsolatedVm(quick ? 20 : 100, signal);
    progress(`at random, ${PER_SECOND} a second`);
    const count = quick ? 225 : 1500;
    const atRandom = await callAtRandom(() => ours.call('trivial', input), { perSecond: PER_SECOND, count, signal });
    const figures = {
      ours: median(samples.ours),
      floor: median(samples.fork),
      peers: {
        'bare spawn': median(samples.spawn),
        'KB Labs subprocess': median(samples.kbLabs),
        'tinypool processes, isolated': median(samples.tinypool),
        'tinypool processes, isolated, one ahead': median(samples.tinypoolAhead),
        ...(typeof isolatedVm !== 'string' && { 'isolated-vm, a new isolate': isolatedVm.fresh }),
      },
      unit: 'ms',
      ...(typeof isolatedVm === 'string' && { note: isolatedVm }),
    };
    return [
      row('fresh-process', figures),
      row('fresh-process:kb-labs', figures),
      row('fresh-process:tinypool', figures),
      row('fresh-process:p99', { ...figures, ours: percentile(atRandom, 99) }),
    ];
  },
};
