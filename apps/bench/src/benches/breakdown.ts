import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { openOurs } from '../ours.js';
import { restToBoot } from '../peers/bare-process.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const STAGES = [
  'prepare',
  'permissions',
  'capabilities',
  'queue',
  'sandbox',
  'input',
  'handler',
  'output',
  'artifacts',
];

export const breakdown: Bench = {
  name: 'breakdown',
  title: 'where the time of one run in a fresh process goes, stage by stage',
  async run({ quick, signal }) {
    await using ours = openOurs();
    await using raw = await openRawChannel();
    const restMs = await restToBoot(signal);
    const wholes: number[] = [];
    const trips: number[] = [];
    const stages = new Map<string, number[]>(STAGES.map((name) => [name, []]));
    for (let round = -3; round < (quick ? 40 : 200); round += 1) {
      await delay(restMs, undefined, { signal });
      const { metrics } = await ours.execute('trivial', { n: 1 });
      const start = performance.now();
      await raw.echo({ n: 1 });
      const trip = performance.now() - start;
      if (round < 0) continue;
      trips.push(trip);
      wholes.push(metrics.totalMs);
      for (const { stage, ms } of metrics.stages) stages.get(stage)?.push(ms);
    }
    const whole = median(wholes);
    const part = { floor: whole, peers: {}, unit: 'ms' };
    const parts = [...stages].map(([name, samples]) => ({ name, ms: median(samples) }));
    const between = whole - parts.reduce((sum, { ms }) => sum + ms, 0);
    return [
      ...parts.map(({ name, ms }) => row(`breakdown:${name}`, { ...part, ours: ms })),
      row('breakdown:between-stages', { ...part, ours: Math.max(0, between) }),
      row('breakdown:one-frame-there-and-back', { ...part, ours: median(trips), note: 'raw, for comparison' }),
    ];
  },
};
