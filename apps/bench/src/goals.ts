/** What a bench measured for one row. Figures of one row have one unit. */
export interface Measured {
  /** `null` where it could not be measured; `note` then says why. */
  readonly ours: number | null;
  /** The best that there could be, measured in the same run; `null` where the goal is a number by itself or a peer's. */
  readonly floor: number | null;
  readonly peers: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly note?: string;
}

/** When a row is reached. A ratio is `ours` divided by the floor, or by the peer named in `peer`; an absolute goal looks at `ours` alone. */
export interface Goal {
  readonly kind: 'ratio' | 'absolute';
  readonly sense: 'at most' | 'at least';
  readonly limit: number;
  /** What it is compared with, as a reader calls it; of an absolute goal its unit. */
  readonly than: string;
  /** The key in `peers`, where the goal is against a peer and not the floor. */
  readonly peer?: string;
}

const COLD_FORK = 'cold fork of an empty script';
const RAW = 'a raw framed round trip';

/** All goals, each written once: the limit of each row, and what it is a ratio to. */
const GOALS = {
  'fresh-process': atMost(0.05, COLD_FORK),
  'fresh-process:kb-labs': atMostPeer(0.02, 'KB Labs subprocess'),
  'fresh-process:tinypool': atMostPeer(0.04, 'tinypool processes, isolated'),
  'fresh-process:p99': atMost(0.35, `${COLD_FORK}, p50`),
  'fresh-process-wall': atMost(0.1, COLD_FORK),
  cold: atMost(1.12, COLD_FORK),
  'cold:wall': atMost(1.3, COLD_FORK),
  'fresh-throughput': atLeast(0.92, COLD_FORK),
  'fresh-throughput:tinypool': { ...atLeast(1.35, ''), ...peer('tinypool processes, isolated') },
  'host-loop': atMost(0.3, 'plain spawn from the host'),
  warm: atMost(1.5, RAW),
  'warm:tinypool': atMostPeer(0.6, 'tinypool processes'),
  'warm:kb-labs': atMostPeer(0.2, 'KB Labs worker pool'),
  'warm-parallel': atMost(1.5, RAW),
  'warm-parallel:tinypool': atMostPeer(0.2, 'tinypool processes'),
  'warm-parallel:piscina': atMostPeer(0.35, 'piscina threads'),
  'in-process': atMost(4, 'a direct call with zod in and out'),
  'in-process:100kb': atMost(1.1, 'a direct call with zod in and out'),
  'in-process:kb-labs': atMostPeer(0.02, 'KB Labs in-process'),
  'host-calls': atMost(1.5, 'the same reads over a raw framed channel'),
  'host-calls:at-once': atMost(1.5, 'the same reads over a raw framed channel, at once'),
  'host-calls:batching': atMost(0.6, 'the same reads in turn'),
  'payload-1mb': atMost(1.5, 'a raw pipe copy'),
  'fs-check': atMost(0.15, 'path.resolve and a loop of compiled minimatch'),
  'fs-check:rate': atLeastNumber(1_500_000, 'a second'),
  'fs-check:hit-10-1000': atMost(3, 'a hit among 10 rules'),
  'fs-check:miss-10-1000': atMost(1.1, 'a miss among 10 rules'),
  'fs-check:hostile': atMostNumber(5, 'ms'),
  'net-check': atMost(2.5, 'new URL(url).hostname'),
  'env-check': atLeastNumber(10_000_000, 'a second'),
  'capability-check': atLeastNumber(10_000_000, 'a second'),
  'guarded-read': atMost(1.2, 'realpath and read'),
  'event-publish': atMost(8, 'eventemitter3'),
  'event-publish:delivery': atMost(1, 'eventemitter3'),
  'event-publish:kb-labs': atMostPeer(0.01, 'KB Labs bus'),
  'event-publish:wildcards': atMostPeer(0.05, 'eventemitter2'),
  'event-publish:to-child': atMost(0.25, 'one frame an event'),
  'artifact-small': atMostPeer(1, 'write-file-atomic'),
  'artifact-small:many': atMostPeer(0.25, 'cacache'),
  'artifact-100mb': atMost(2, 'cp'),
  'artifact-100mb:cacache': atMostPeer(0.45, 'cacache'),
  'analytics-lines': atMost(0.2, 'a write for each line'),
  'audit-lines': atMost(0.2, 'a write for each line'),
  observed: atMost(1.3, 'the same run unobserved'),
  import: atMost(0.15, "import 'zod'"),
  memory: atMost(1.15, 'an idle empty node'),
} as const satisfies Readonly<Record<string, Goal>>;

/** What a curve is drawn over, and how its cost may grow with it. */
const CURVES = {
  rules: 'linear',
  plugins: 'constant',
  concurrency: 'linear',
  payload: 'linear',
  'run-length': 'constant',
} as const satisfies Readonly<Record<string, Growth>>;

/** A cost that grows no faster than what it is drawn over, or one that does not grow. */
export type Growth = 'linear' | 'constant';
export type CurveName = keyof typeof CURVES;

/** A row of the goals, a point of a curve, or a part of one run. */
export type RowName = keyof typeof GOALS | `scale:${CurveName}:${number}` | `breakdown:${string}`;

const GROWTH: Readonly<Record<Growth, Goal>> = {
  linear: atMost(1.2, 'the point before, times as much as there is more'),
  constant: atMost(1.5, 'the least of the points before'),
};

/** It has no limit of its own: the whole has one. */
const PART: Goal = atMost(1, 'the whole run');

export function growthOf(curve: CurveName): Growth {
  return CURVES[curve];
}

/** Names of all rows that a goal was set for, in the order of the table. */
export const goalNames: readonly string[] = Object.keys(GOALS);

export function goalOf(name: RowName): Goal {
  const goal = Object.entries<Goal>(GOALS).find(([key]) => key === name)?.[1];
  if (goal !== undefined) return goal;
  const [kind, what] = name.split(':');
  const growth = Object.entries<Growth>(CURVES).find(([curve]) => curve === what)?.[1];
  if (kind === 'scale' && growth !== undefined) return GROWTH[growth];
  if (kind === 'breakdown') return PART;
  throw new Error(`no goal is set for the row ${name}`);
}

/** The goal in words: `≤ 0.05 × cold fork of an empty script`. */
export function describeGoal({ kind, sense, limit, than }: Goal): string {
  const bound = `${sense === 'at most' ? '≤' : '≥'} ${limit.toLocaleString('en-US')}`;
  return kind === 'ratio' ? `${bound} × ${than}` : `${bound} ${than}`;
}

/** Whether a goal is reached. What was not measured is not reached. */
export function meetsGoal({ kind, sense, limit }: Goal, ours: number | null, ratio: number | null): boolean {
  const value = kind === 'ratio' ? ratio : ours;
  if (value === null || !Number.isFinite(value)) return false;
  return sense === 'at most' ? value <= limit : value >= limit;
}

function atMost(limit: number, than: string): Goal {
  return { kind: 'ratio', sense: 'at most', limit, than };
}

function atLeast(limit: number, than: string): Goal {
  return { kind: 'ratio', sense: 'at least', limit, than };
}

function atMostPeer(limit: number, name: string): Goal {
  return { ...atMost(limit, name), ...peer(name) };
}

function peer(name: string): Pick<Goal, 'than'> & Required<Pick<Goal, 'peer'>> {
  return { than: name, peer: name };
}

function atMostNumber(limit: number, unit: string): Goal {
  return { kind: 'absolute', sense: 'at most', limit, than: unit };
}

function atLeastNumber(limit: number, unit: string): Goal {
  return { kind: 'absolute', sense: 'at least', limit, than: unit };
}
