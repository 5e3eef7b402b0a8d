import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openOurs } from './ours.js';
import { spawnEmpty } from './peers/bare-process.js';

/** What a host measured of its own event loop. */
export interface LoopDelay {
  /** With what it started a process 20 times a second. */
  readonly how: 'ours' | 'spawn' | 'idle';
  readonly p99Ms: number;
}

const RESIDENT_BYTES = 2 ** 30;
const PER_SECOND = 20;
const SETTLE_MS = 1000;
const NS_PER_MS = 1e6;

/** A host with a large memory, in a process of its own: `node loop-host.js ours|spawn|idle <seconds>`. */
const [how = 'idle', seconds = '4'] = process.argv.slice(2);
// Written to, or the pages would not be there.
const ballast = Buffer.alloc(RESIDENT_BYTES, 1);
await using ours = openOurs();
const start = startsBy(how);
const histogram = monitorEventLoopDelay({ resolution: 1 });
await start();
await delay(SETTLE_MS);
histogram.enable();
const runs: Promise<unknown>[] = [];
for (let count = 0; count < Number(seconds) * PER_SECOND; count += 1) {
  runs.push(start());
  await delay(1000 / PER_SECOND);
}
await Promise.all(runs);
histogram.disable();
const message: LoopDelay = { how: how as LoopDelay['how'], p99Ms: histogram.percentile(99) / NS_PER_MS };
if (ballast.at(-1) !== 1) throw new Error('the ballast is gone');
process.send?.(message, undefined, undefined, () => process.disconnect?.());

function startsBy(name: string): () => Promise<unknown> {
  if (name === 'ours') return () => ours.call('trivial', { n: 1 });
  return name === 'spawn' ? spawnEmpty : async () => undefined;
}
