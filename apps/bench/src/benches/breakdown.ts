import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionMetrics } from '@kb-labs/plugin-runtime';
import type { Bench } from '../bench.js';
import { openOurs } from '../ours.js';
import { restToBoot } from '../peers/bare-process.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

/** What the handler tells of itself, in milliseconds since 1970. */
interface Stamps {
  readonly loadedAt: number;
  readonly calledAt: number;
}

interface Taken {
  readonly metrics: ExecutionMetrics;
  /** Milliseconds from the call of `execute()` until the handler's module was evaluated; 0 where that was before. */
  readonly untilLoaded: number;
  /** From then on until the handler was called, and from that until `execute()` resolved. */
  readonly untilCalled: number;
  readonly afterCalled: number;
}

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
  title: 'where the time of one run in a fresh process goes, by its stages and by what its handler sees',
  async run({ quick, signal }) {
    await using ours = openOurs();
    await using raw = await openRawChannel();
    const restMs = await restToBoot(signal);
    const taken: Taken[] = [];
    const trips: number[] = [];
    for (let round = -3; round < (quick ? 40 : 200); round += 1) {
      await delay(restMs, undefined, { signal });
      const run = await take();
      const start = performance.now();
      await raw.echo({ n: 1 });
      if (round >= 0) trips.push(performance.now() - start);
      if (round >= 0) taken.push(run);
    }
    const whole = median(taken.map(({ metrics }) => metrics.totalMs));
    const part = { floor: whole, peers: {}, unit: 'ms' };
    const stages = STAGES.map((name) => ({ name, ms: median(taken.map(({ metrics }) => stageMs(metrics, name))) }));
    const rest = whole - stages.reduce((sum, { ms }) => sum + ms, 0);
    return [
      ...stages.map(({ name, ms }) => row(`breakdown:${name}`, { ...part, ours: ms })),
      row('breakdown:between-stages', { ...part, ours: Math.max(0, rest) }),
      row('breakdown:until-loaded', { ...part, ours: median(taken.map(({ untilLoaded }) => untilLoaded)) }),
      row('breakdown:until-called', { ...part, ours: median(taken.map(({ untilCalled }) => untilCalled)) }),
      row('breakdown:after-called', { ...part, ours: median(taken.map(({ afterCalled }) => afterCalled)) }),
      row('breakdown:one-frame-there-and-back', { ...part, ours: median(trips), note: 'raw, for comparison' }),
    ];

    async function take(): Promise<Taken> {
      const begun = sinceEpoch();
      const { data, metrics } = await ours.execute('stamps.js#stamps', undefined);
      const ended = sinceEpoch();
      const { loadedAt, calledAt } = data as Stamps;
      const loaded = Math.max(begun, loadedAt);
      return { metrics, untilLoaded: loaded - begun, untilCalled: calledAt - loaded, afterCalled: ended - calledAt };
    }
  },
};

function stageMs({ stages }: ExecutionMetrics, name: string): number {
  return stages.find(({ stage }) => stage === name)?.ms ?? 0;
}

function sinceEpoch(): number {
  return performance.timeOrigin + performance.now();
}
