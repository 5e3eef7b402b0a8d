import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { forkEmpty, restToBoot, spawnEmpty } from '../peers/bare-process.js';
import { row, unmeasured } from '../row.js';
import { median } from '../statistics.js';
import { whyNoWall } from '../wall.js';

export const freshProcessWall: Bench = {
  name: 'fresh-process-wall',
  title: 'the same inside bubblewrap',
  async run({ quick, signal }) {
    const reason = await whyNoWall();
    if (reason !== undefined) return [unmeasured('fresh-process-wall', 'ms', reason)];
    await using ours = openOurs({ sandbox: { wall: 'required' } });
    const samples = await interleave(
      { ours: () => ours.call('trivial', { n: 1 }), fork: forkEmpty, spawn: spawnEmpty },
      { rounds: quick ? 20 : 100, restMs: await restToBoot(signal), signal },
    );
    const peers = { 'bare spawn': median(samples.spawn) };
    return [row('fresh-process-wall', { ours: median(samples.ours), floor: median(samples.fork), peers, unit: 'ms' })];
  },
};
