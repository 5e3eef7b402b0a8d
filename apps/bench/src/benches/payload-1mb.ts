import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { openPiscina } from '../peers/pools.js';
import { openRawPipe } from '../peers/raw-pipe.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const MIB = 2 ** 20;

export const payload: Bench = {
  name: 'payload-1mb',
  title: 'a run that takes and gives 1 MiB of bytes in a process that is used again, beside a raw copy through a pipe',
  async run({ quick, signal }) {
    await using ours = openOurs({ grant: { isolation: 'plugin' } });
    await using raw = await openRawPipe();
    await using piscina = await openPiscina({ workers: 1 });
    const bytes = new Uint8Array(MIB).map((_, index) => index * 31);
    const samples = await interleave(
      { ours: () => ours.call('trivial', bytes), raw: () => raw.copy(bytes), piscina: () => piscina.call(bytes) },
      { rounds: quick ? 60 : 400, warmups: 10, signal },
    );
    const peers = { 'piscina threads': median(samples.piscina) };
    return [row('payload-1mb', { ours: median(samples.ours), floor: median(samples.raw), peers, unit: 'ms' })];
  },
};
