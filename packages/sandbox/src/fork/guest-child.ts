import { accessSync, constants, statSync } from 'node:fs';
import { createError } from '@kb-labs/contracts';
import type { SandboxLimits, SandboxPlan } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { createSession } from '../wire/session.js';
import type { Session } from '../wire/session.js';
import { createChannelTransport } from './channel-transport.js';
import { buildChildCommand, programOf } from './child-command.js';
import type { ChildCommand, Launcher } from './child-command.js';
import type { CompiledProgram } from './compiled-program.js';
import { describeEnd } from './describe-end.js';
import { watchGuestProcess } from './guest-process.js';
import type { GuestProcess } from './guest-process.js';
import { purposeOf } from './guest-purpose.js';
import type { HostGuard } from './host-guard.js';
import { NO_WATCH, watchResources } from './resource-watch.js';
import type { ResourceWatch } from './resource-watch.js';
import { assertNodeRuns } from './start-failure.js';
import type { StartProcess } from './started-process.js';

/** A plan, and how this machine starts guests. */
export interface ChildOptions {
  readonly plan: SandboxPlan;
  readonly launcher: Launcher;
  readonly compiled: CompiledProgram;
  readonly guard: HostGuard;
  readonly codeRoots: readonly string[];
  readonly startProcess: StartProcess;
  /** Whether nobody waits for it: then it does not hold the host's process. */
  readonly isSpare: boolean;
}

/** A guest that was started and is ready for a run. */
export interface GuestChild {
  readonly session: Session;
  /**
   * A run is about to begin: its process holds the host's, and what it uses is watched and counts. The limits are those of this run, for its key
   * does not know its times. Returns what ends the watch.
   */
  begin(limits: SandboxLimits): () => void;
  /** Whether its process, as long as it lives, holds the host's. */
  hold(held: boolean): void;
  /** Whether it ended without having read all that was sent to it, so that it cannot have acted on the last of it. Linux tells. */
  leftUnread(): boolean;
  readonly watch: ResourceWatch;
  /** Resolves when its process is gone. */
  readonly gone: Promise<unknown>;
  /** Whether the folders that lie there now are those that it was started with. A wall is built around those, wherever they are moved. */
  isInPlace(): boolean;
}

/**
 * Starts a guest and waits until it is ready. Throws as `SandboxAdapter.acquire` does, with nothing left behind. The folders are looked at before: at once,
 * for a turn through the thread pool takes ten times as long.
 */
export async function startChild(options: ChildOptions): Promise<GuestChild> {
  const { plan, codeRoots } = options;
  if (plan.signal.aborted) throw abortError(plan.signal);
  const roots = [plan.plugin.root, ...codeRoots];
  for (const root of roots) assertMeansWhatItSays(root);
  for (const root of roots) assertReadable(root);
  assertNodeRuns();
  // What changes meanwhile shows at the next look.
  const folders = roots.map(identityOf).join();
  const started = await startAndWait(options, roots);
  return { ...started, isInPlace: () => roots.map(identityOf).join() === folders };
}

function identityOf(folder: string): string {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    // It is not there, or cannot be seen.
    return '-';
  }
}

async function startAndWait(options: ChildOptions, roots: readonly string[]): Promise<Omit<GuestChild, 'isInPlace'>> {
  const { plan, launcher, guard } = options;
  const guest = watchGuestProcess(await options.startProcess(commandOf(options, roots), plan.plugin.root));
  guest.hold(!options.isSpare);
  const untrack = guard.track(() => guest.signal('SIGKILL'));
  // What the session reads when a run begins.
  const limits = { ...plan.limits };
  let watch = NO_WATCH;
  let isDropped = false;
  const gone = guest.gone.then((end) => {
    // Of one that its host has killed all has been read before, and there is nothing left to read.
    const peakBytes = end.isKilled ? undefined : watch.usage().peakMemoryBytes;
    watch.stop();
    untrack();
    const hidden = [launcher.bootstrap, programOf(launcher.bootstrap), ...roots];
    return describeEnd(end, { hidden, limits: plan.limits, peakBytes });
  });
  const session = createSession({
    transport: createChannelTransport(guest.channel, () => (isDropped = true)),
    plan: { ...plan, limits },
    stays: plan.isolation.kind === 'plugin',
    lifeline: { terminate: () => guest.signal('SIGTERM'), quit: guest.quit, gone, usage: () => watch.usage() },
  });
  guest.onOutput((source, text) => session.guest.raw(source, text));
  try {
    await session.start({ holds: !options.isSpare });
  } catch (error) {
    guest.hold(true);
    await gone;
    throw error;
  }
  watch = await openWatch(guest, session);
  return {
    session,
    begin(own) {
      limits.timeoutMs = own.timeoutMs;
      // To a guest whose channel is over the session sends nothing any more.
      isDropped ||= !guest.channel.writable;
      guest.hold(true);
      return watch.begin(own, (error) => session.guest.fail(error));
    },
    hold: guest.hold,
    leftUnread: () => isDropped || guest.leftUnread(),
    watch,
    gone,
  };
}

function commandOf({ plan, launcher, compiled, isSpare }: ChildOptions, roots: readonly string[]): ChildCommand {
  return buildChildCommand(launcher, roots, {
    memoryMb: plan.limits.memoryMb,
    purpose: purposeOf(plan, isSpare),
    compiled: () => compiled.get(launcher),
  });
}

/** Without limits on what it uses, nothing runs. */
async function openWatch(guest: GuestProcess, session: Session): Promise<ResourceWatch> {
  if (process.platform !== 'linux') return NO_WATCH;
  const pid = guest.pid();
  const watch = pid === undefined ? undefined : watchResources(pid);
  // Asked again: a number that is the guest's now was the guest's when its files were opened.
  if (watch !== undefined && guest.pid() === pid) return watch;
  watch?.stop();
  await session.dispose();
  throw createError('ERR_SANDBOX_CRASHED', 'the guest is not to be found, or cannot be watched', {
    hint: 'look at the limit on open files of this machine (ulimit -n)',
  });
}

/** A folder is handed to Node and to bubblewrap as it is, so it must mean what it says there. */
function assertMeansWhatItSays(root: string): void {
  if (root !== '/' && !root.includes('*') && root.startsWith('/')) return;
  const hint = 'give each plugin a folder of its own, with no * in its path';
  throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(root)} cannot be the folder of a plugin`, { hint });
}

function assertReadable(root: string): void {
  try {
    accessSync(`${root}/`, constants.R_OK);
  } catch (cause) {
    throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(root)} is no folder that can be read`, { cause });
  }
}
