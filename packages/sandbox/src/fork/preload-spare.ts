import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxPlan } from '@kb-labs/contracts';
import type { PreloadCall } from '../wire/host-peer.js';
import type { GuestChild } from './guest-child.js';
import { moduleFilesOf, moduleKeyOf } from './module-habit.js';

/** What a spare has loaded ahead, and how the plugin's files were when it did. */
interface Preloaded {
  readonly moduleKey: string;
  readonly stamp: string;
  /** CPU time, in milliseconds, that the spare had used when all was loaded. */
  quietMs: number;
}

/** A child that waits for a run. */
export interface Spare {
  readonly child: GuestChild;
  readonly preloaded: Preloaded | undefined;
}

const BYTES_PER_MIB = 1_048_576;
/** CPU time that what keeps quiet may use while it waits: V8 tidies up now and then. The kernel counts in steps of 10 ms. */
const QUIET_MS = 30;

/** A spare that is loading, and whether that went well. */
export interface Preloading {
  readonly preloaded: Preloaded;
  /** `false` where it failed, took too long or too much, or left something open: the child has been ended. */
  readonly done: Promise<boolean>;
}

/** Has a child load what the next run is likely to need, within the limits of a run. */
export function preloadSpare(
  child: GuestChild,
  call: PreloadCall,
  plan: Pick<SandboxPlan, 'plugin' | 'limits'>,
): Preloading {
  // Taken before anything is read: what changes meanwhile shows at the next look.
  const preloaded: Preloaded = { moduleKey: moduleKeyOf(call), stamp: stampOf(call, plan), quietMs: 0 };
  const load = async (): Promise<boolean> => {
    const end = child.watch.beginAhead(plan.limits, (error) => child.session.guest.fail(error));
    const isLoaded = await child.session.preload(call);
    end();
    preloaded.quietMs = child.watch.look()?.cpuMs ?? 0;
    return isLoaded;
  };
  return { preloaded, done: load() };
}

/** Whether a run may have this child: it sees the plugin's folder, and nothing is loaded in it but what the run needs, as the plugin's files are now. */
export function fits({ child, preloaded }: Spare, call: PreloadCall, plan: Pick<SandboxPlan, 'plugin'>): boolean {
  if (!child.isInPlace()) return false;
  if (preloaded === undefined) return true;
  return preloaded.moduleKey === moduleKeyOf(call) && preloaded.stamp === stampOf(call, plan);
}

/** Whether what was loaded uses the processor, or memory beyond the quota, while nothing runs. */
export function isRestless({ child, preloaded }: Spare, { limits }: Pick<SandboxPlan, 'limits'>): boolean {
  if (preloaded === undefined) return false;
  const now = child.watch.look();
  if (now === undefined) return false;
  return now.cpuMs - preloaded.quietMs > QUIET_MS || now.heldBytes > limits.memoryMb * BYTES_PER_MIB;
}

/**
 * How the modules, their folders, and the plugin's folder and package.json are: a few microseconds each. Files that those import are not looked at: they
 * count as unchanged as long as these are.
 */
export function stampOf(call: PreloadCall, { plugin }: Pick<SandboxPlan, 'plugin'>): string {
  const files = moduleFilesOf(call);
  const paths = new Set([...files, ...files.map((file) => dirname(file)), ...markersOf(plugin.root)]);
  return [...paths].map(stampOfPath).join();
}

/** How the plugin's folder and its package.json are. */
export function folderStampOf({ plugin }: Pick<SandboxPlan, 'plugin'>): string {
  return markersOf(plugin.root).map(stampOfPath).join();
}

function markersOf(root: string): readonly string[] {
  return [root, join(root, 'package.json')];
}

function stampOfPath(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return '-';
    const { dev, ino, size, mtimeMs, ctimeMs } = stats;
    return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    // It cannot be seen: that can change as well.
    return '?';
  }
}
