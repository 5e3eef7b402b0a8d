import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { forkEmpty, spawnEmpty } from '../peers/bare-process.js';
import { row, unmeasured } from '../row.js';
import { median } from '../statistics.js';
import { whyNoWall } from '../wall.js';

export const cold: Bench = {
  name: 'cold',
  title: 'execute() where no process was made ready, without and with the wall',
  async run({ quick, signal }) {
    const input = { n: 1 };
    const reason = await whyNoWall();
    await using open = openOurs({ sandbox: { spares: 0 } });
    await using walled = openOurs({ sandbox: { spares: 0, wall: reason === undefined ? 'required' : 'off' } });
    const samples = await interleave(
      {
        ours: () => open.call('trivial', input),
        fork: forkEmpty,
        walled: () => walled.call('trivial', input),
        spawn: spawnEmpty,
      },
      { rounds: quick ? 30 : 150, signal },
    );
    const figures = { floor: median(samples.fork), peers: { 'bare spawn': median(samples.spawn) }, unit: 'ms' };
    return [
      row('cold', { ...figures, ours: median(samples.ours) }),
      reason === undefined
        ? row('cold:wall', { ...figures, ours: median(samples.walled) })
        : unmeasured('cold:wall', 'ms', reason),
    ];
  },
};
