import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What the host holds while nothing runs: all of it should be the same in the last hour as in the first. */
export interface Sample {
  /** Milliseconds since the soak began. */
  readonly atMs: number;
  readonly residentBytes: number;
  /** After a garbage collection. */
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Handlers of signals and other events of the process. */
  readonly listeners: number;
  /** Timers, sockets and pipes that keep the process alive. */
  readonly resources: number;
  readonly children: number;
  readonly zombies: number;
  /** Files and folders left in the folders of the soak. */
  readonly files: number;
  /** Of the event loop since the sample before, in milliseconds. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

/** Takes samples of this process. What `/proc` tells is 0 where there is none. */
export interface Sampler extends Disposable {
  readonly take: (atMs: number) => Sample;
}

const DELAY_RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;

/** `folders` are those in which nothing may remain. */
export function createSampler(folders: readonly string[]): Sampler {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  const collect = garbageCollector();
  delay.enable();
  return {
    take(atMs) {
      const delays = { delayP50Ms: delay.percentile(50) / NS_PER_MS, delayP99Ms: delay.percentile(99) / NS_PER_MS };
      const delayMaxMs = delay.max / NS_PER_MS;
      collect();
      const { rss, heapUsed, external } = process.memoryUsage();
      const states = childStates();
      const sample: Sample = {
        atMs,
        residentBytes: rss,
        heapBytes: heapUsed + external,
        descriptors: countDescriptors(),
        listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
        resources: process.getActiveResourcesInfo().length,
        children: states.length,
        zombies: states.filter((state) => state === 'Z').length,
        files: folders.reduce((sum, folder) => sum + readdirSync(folder, { recursive: true }).length, 0),
        ...delays,
        delayMaxMs,
      };
      // The collection above is the sampler's own stall.
      delay.reset();
      return sample;
    },
    [Symbol.dispose]: () => void delay.disable(),
  };
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node has no garbage collection to ask for');
  return () => {
    collect();
    collect();
  };
}

function countDescriptors(): number {
  return listProc('/proc/self/fd').filter((name) => linkOf(`/proc/self/fd/${name}`) !== undefined).length;
}

function childStates(): string[] {
  const pids = listProc('/proc/self/task').flatMap((thread) =>
    textOf(`/proc/self/task/${thread}/children`).split(' ').filter(Boolean),
  );
  return pids.flatMap((pid) => {
    const stat = textOf(`/proc/${pid}/stat`);
    return stat === '' ? [] : [stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)];
  });
}

function listProc(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No /proc here: the counts are then 0 from the first sample to the last.
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor by which the folder itself was read.
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
