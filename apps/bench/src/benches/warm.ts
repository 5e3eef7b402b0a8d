import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { measureIsolatedVm } from '../peers/isolated-vm.js';
import { openKbLabs } from '../peers/kb-labs.js';
import { openPiscina, openTinypool, openWorkerpool } from '../peers/pools.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

export const warm: Bench = {
  name: 'warm',
  title: 'one run at a time in a process that is used again, beside a raw framed round trip',
  async run({ quick, signal }) {
    await using ours = openOurs({ grant: { isolation: 'plugin' } });
    await using raw = await openRawChannel();
    await using tinypool = await openTinypool({ kind: 'processes', workers: 1 });
    await using kbLabs = await openKbLabs({ mode: 'worker-pool', workers: 1 });
    await using piscina = await openPiscina({ workers: 1 });
    await using workerpool = await openWorkerpool({ kind: 'processes', workers: 1 });
    const input = { text: 'the same payload for all', n: 1 };
    const samples = await interleave(
      {
        ours: () => ours.call('trivial', input),
        raw: () => raw.echo(input),
        tinypool: () => tinypool.call(input),
        kbLabs: () => kbLabs.call(input),
        piscina: () => piscina.call(input),
        workerpool: () => workerpool.call(input),
      },
      { rounds: quick ? 500 : 4000, warmups: 100, signal },
    );
    const isolatedVm = await measureIsolatedVm(quick ? 200 : 1000, signal);
    const figures = {
      ours: median(samples.ours),
      floor: median(samples.raw),
      peers: {
        'tinypool processes': median(samples.tinypool),
        'KB Labs worker pool': median(samples.kbLabs),
        'piscina threads': median(samples.piscina),
        'workerpool processes': median(samples.workerpool),
        ...(typeof isolatedVm !== 'string' && { 'isolated-vm, one isolate': isolatedVm.warm }),
      },
      unit: 'ms',
      ...(typeof isolatedVm === 'string' && { note: isolatedVm }),
    };
    return [row('warm', figures), row('warm:tinypool', figures), row('warm:kb-labs', figures)];
  },
};
