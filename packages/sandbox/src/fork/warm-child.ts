import type { SandboxCall, SandboxOutcome, SandboxPlan } from '@kb-labs/contracts';
import type { GuestChild } from './guest-child.js';
import { isRegular, moduleKeyOf } from './module-habit.js';
import { folderStampOf, stampOf } from './preload-spare.js';

/** How files were, and when they were last looked at. */
interface FileStamp {
  readonly stamp: string;
  lookedAt: number;
}

/** What of a call binds a child. All of it is frozen, and there are no schemas of parts. */
interface RecentCall extends Pick<SandboxCall, 'handler' | 'inputSchema' | 'outputSchema' | 'api'> {
  readonly stamp: FileStamp;
}

/** A child that serves run after run of one key, and what is known of it. */
export interface WarmChild {
  readonly child: GuestChild;
  readonly key: string;
  readonly bornAt: number;
  /** How the files of modules were when it loaded them: as many as its host has named. */
  readonly stamps: Map<string, FileStamp>;
  /** The last call that it was found fit for, by the host's own objects. */
  recent: RecentCall | undefined;
  /** How the plugin's folder was when it loaded the first of them. */
  folder: string | undefined;
  /** The host functions that its runs are lent: what one run was lent must not be had by another that was not. */
  api: string | undefined;
  /** Places that it is in. */
  open: number;
  /** Runs that were begun in it. */
  runs: number;
  /** It waits for another one of its key to end: it gets no run as long as that can. */
  isReserve: boolean;
  /** Whether another one was started to take its place. Once, however that went. */
  hasSuccessor: boolean;
  /** It gets no more runs, and ends with its last one. */
  isRetired: boolean;
  idleSince: number;
  /** CPU time, in milliseconds, that it had used when it became idle. */
  quietMs: number;
}

/** When a child is not used again, however well it behaves. */
export interface WearLimits {
  readonly maxRuns: number;
  readonly maxAgeMs: number;
}

const BYTES_PER_MIB = 1_048_576;
/** Of the quota. What a run may hold counts from what was held when it began, so that this bounds what both may come to. */
const MOST_LEFT = 0.5;
/** CPU time that a guest without a run may use: V8 tidies up. The kernel counts in steps of 10 ms. */
const QUIET_MS = 30;
/** A shorter time is not looked at: what is done in it is less than what is tolerated. */
const SHORT_MS = 20;

/** Files that were looked at so short a time ago are taken to be the same: a look at them takes longer than all else around a short run. */
const FRESH_MS = 20;

/** With fewer runs behind it, how often they come is a guess, and a process started ahead would cost more than the start that it saves. */
const FEWEST_RUNS = 50;
/** What is left to a process when the next one is started: a start and its practice take 45 ms, and ten times that on a machine that is busy. */
const AHEAD_MS = 500;

/** Takes a child that was just started. It is in no place yet. */
export function createWarmChild(child: GuestChild, key: string): WarmChild {
  const bornAt = performance.now();
  return {
    child,
    key,
    bornAt,
    stamps: new Map(),
    recent: undefined,
    folder: undefined,
    api: undefined,
    open: 0,
    runs: 0,
    isReserve: false,
    hasSuccessor: false,
    isRetired: false,
    idleSince: bornAt,
    quietMs: child.watch.last.cpuMs,
  };
}

/** Whether this call may run in it: it is lent the same functions, and what is loaded is what lies in the plugin's files now. */
export function mayServe(
  { api, stamps, recent, folder, child }: WarmChild,
  call: SandboxCall,
  plan: Pick<SandboxPlan, 'plugin'>,
): 'yes' | 'other-api' | 'other-files' {
  if (isRecent(recent, call) && performance.now() - recent.stamp.lookedAt < FRESH_MS) return 'yes';
  if (api !== undefined && api !== apiKeyOf(call)) return 'other-api';
  const known = stamps.get(moduleKeyOf(call));
  const now = performance.now();
  if (known === undefined) return mayLoad({ child, folder }, plan) ? 'yes' : 'other-files';
  if (now - known.lookedAt < FRESH_MS) return 'yes';
  if (known.stamp !== stampOf(call, plan)) return 'other-files';
  known.lookedAt = now;
  return 'yes';
}

/** Whether modules that it has not loaded yet meet none of another state of the plugin there. */
function mayLoad({ child, folder }: Pick<WarmChild, 'child' | 'folder'>, plan: Pick<SandboxPlan, 'plugin'>): boolean {
  return child.isInPlace() && (folder === undefined || folder === folderStampOf(plan));
}

/** A run begins: remembers what binds the child from now on. */
export function bind(warm: WarmChild, call: SandboxCall, plan: Pick<SandboxPlan, 'plugin'>): void {
  warm.runs += 1;
  if (isRecent(warm.recent, call)) return;
  warm.api ??= apiKeyOf(call);
  warm.folder ??= folderStampOf(plan);
  const modules = moduleKeyOf(call);
  const stamp = warm.stamps.get(modules) ?? { stamp: stampOf(call, plan), lookedAt: performance.now() };
  warm.stamps.set(modules, stamp);
  const { handler, inputSchema, outputSchema, outputParts, api } = call;
  const isFrozen = [handler, inputSchema, outputSchema, outputParts, api].every(Object.isFrozen);
  if (isFrozen && outputParts.length === 0) warm.recent = { handler, inputSchema, outputSchema, api, stamp };
}

/** Whether a call is the last one again, save for its input: to name what a call needs takes longer than all else that is asked of a child. */
function isRecent(recent: RecentCall | undefined, call: SandboxCall): recent is RecentCall {
  if (recent === undefined || recent.handler !== call.handler || recent.api !== call.api) return false;
  if (recent.inputSchema !== call.inputSchema || recent.outputSchema !== call.outputSchema) return false;
  return call.outputParts.length === 0;
}

function apiKeyOf({ api }: SandboxCall): string {
  return api.join();
}

/** Whether a child may have another run after one that ended like this. An abort is its caller's doing; that it obeyed shows in the session. */
export function isFitAfter(warm: WarmChild, outcome: SandboxOutcome, plan: Pick<SandboxPlan, 'limits'>): boolean {
  if (!warm.child.session.guest.isReusable) return false;
  const wasAborted = !outcome.ok && outcome.error.code === 'ERR_ABORTED';
  if (!wasAborted && !isRegular(outcome)) return false;
  return warm.child.watch.last.heldBytes <= plan.limits.memoryMb * BYTES_PER_MIB * MOST_LEFT;
}

/** Whether it has served its time. */
export function isWorn({ bornAt, runs }: WarmChild, now: number, { maxRuns, maxAgeMs }: WearLimits): boolean {
  return runs >= maxRuns || now - bornAt > maxAgeMs;
}

/**
 * Whether it will have served its time soon, if runs come as they came: time for another one to be started and to practise. Not one that has served few: whoever
 * lets a process serve few runs has them wait for its start.
 */
export function isNearEnd(
  { bornAt, runs }: Pick<WarmChild, 'bornAt' | 'runs'>,
  now: number,
  { maxRuns, maxAgeMs }: WearLimits,
): boolean {
  const ageMs = now - bornAt;
  if (runs < FEWEST_RUNS || (runs * 2 < maxRuns && ageMs * 2 < maxAgeMs)) return false;
  const betweenMs = ageMs / runs;
  return betweenMs < AHEAD_MS && Math.min((maxRuns - runs) * betweenMs, maxAgeMs - ageMs) < AHEAD_MS;
}

/** Whether it has been at work without a run, or is gone. To be asked of one that is idle. */
export function isRestlessIdle({ child, idleSince, quietMs }: WarmChild, now: number): boolean {
  if (!child.session.guest.isReusable) return true;
  if (now - idleSince < SHORT_MS) return false;
  const used = child.watch.look();
  return used !== undefined && used.cpuMs - quietMs > QUIET_MS;
}
