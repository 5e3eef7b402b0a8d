import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits, SandboxPlan } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { createSession } from '../wire/session.js';
import type { Session } from '../wire/session.js';
import type { WireTransport } from '../wire/transport.js';
import { buildChildCommand } from './child-command.js';
import type { Launcher } from './child-command.js';
import { startGuestProcess } from './guest-process.js';
import type { ProcessEnd } from './guest-process.js';
import type { HostGuard } from './host-guard.js';
import { heapExhausted, watchResources } from './resource-watch.js';
import type { ResourceWatch } from './resource-watch.js';
import { assertNodeRuns } from './start-failure.js';

/** A plan, and how this machine starts guests. */
export interface PlaceOptions {
  readonly plan: SandboxPlan;
  readonly launcher: Launcher;
  readonly guard: HostGuard;
  readonly codeRoots: readonly string[];
}

/** Starts a guest and waits until it is ready. Throws as `SandboxAdapter.acquire` does, with nothing left behind. */
export async function openPlace({ plan, launcher, guard, codeRoots }: PlaceOptions): Promise<Session> {
  const [roots] = await Promise.all([Promise.all([plan.plugin.root, ...codeRoots].map(checkRoot)), assertNodeRuns()]);
  // The folders were looked at: the caller may have changed its mind meanwhile.
  if (plan.signal.aborted) throw abortError(plan.signal);
  const child = startGuestProcess(buildChildCommand(launcher, roots, plan.limits.memoryMb), plan.plugin.root);
  const untrack = guard.track(() => child.signal('SIGKILL'));
  let watch: ResourceWatch | undefined;
  const gone = child.gone.then((end) => {
    watch?.stop();
    untrack();
    const told = { ...end, stderr: withoutHostPaths(end.stderr, [launcher.bootstrap, ...roots]) };
    return describeEnd(told, plan.limits, watch?.usage().peakMemoryBytes);
  });
  const session = createSession({
    transport: channelTransport(child.channel),
    plan,
    stays: false,
    lifeline: {
      terminate: () => child.signal('SIGTERM'),
      async quit() {
        child.signal('SIGKILL');
        await gone;
      },
      gone,
      usage: () => watch?.usage() ?? { cpuMs: undefined, peakMemoryBytes: undefined },
    },
  });
  child.onOutput((source, text) => session.guest.raw(source, text));
  await session.start();
  const pid = child.pid();
  // Without limits on what it uses, nothing runs.
  if (pid === undefined) session.guest.fail(createError('ERR_SANDBOX_CRASHED', 'the guest is not to be found'));
  else watch = watchResources(pid, plan.limits, (error) => session.guest.fail(error));
  return session;
}

/** A folder is handed to Node and to bubblewrap as it is, so it must mean what it says there. */
async function checkRoot(root: string): Promise<string> {
  if (root === '/' || root.includes('*') || !root.startsWith('/')) {
    const hint = 'give each plugin a folder of its own, with no * in its path';
    throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(root)} cannot be the folder of a plugin`, { hint });
  }
  try {
    await access(`${root}/`, constants.R_OK);
  } catch (cause) {
    throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(root)} is no folder that can be read`, { cause });
  }
  return root;
}

function channelTransport(channel: Duplex): WireTransport {
  return {
    send(frame) {
      if (channel.writable) channel.write(frame);
    },
    receive(onBytes, onEnd) {
      channel.on('data', (bytes: Uint8Array) => {
        const busy = onBytes(bytes);
        if (busy === undefined) return;
        channel.pause();
        void busy.then(() => channel.resume());
      });
      channel.once('close', onEnd);
    },
    pendingBytes: () => channel.writableLength,
    close: () => void channel.destroy(),
  };
}

/** Node names files of the host in its last words, and `details` go everywhere. */
function withoutHostPaths(text: string, paths: readonly string[]): string {
  return paths.reduce((rest, path) => rest.replaceAll(path, `<${basename(path)}>`), text);
}

/** What the end of a process means that nobody told to end. */
function describeEnd(end: ProcessEnd, limits: SandboxLimits, peakBytes: number | undefined): PluginError {
  if (end.spawnError !== undefined) return end.spawnError;
  // V8's own words; a guest can write them too, so they count only for one that ended as V8 ends.
  if (isFatal(end.signal) && end.stderr.includes('JavaScript heap out of memory'))
    return heapExhausted(peakBytes, limits);
  const how = end.signal === undefined ? `exit code ${end.code}` : `signal ${end.signal}`;
  const details = {
    exitCode: end.code,
    signal: end.signal,
    stderr: end.stderr.split('\n').slice(-5).join('\n').slice(-2_048),
  };
  return createError('ERR_SANDBOX_CRASHED', `the guest ended by itself before it had a result: ${how}`, { details });
}

/** How V8 ends a process. The first process of a namespace ignores SIGABRT, and runs into the trap behind it. */
function isFatal(signal: string | undefined): boolean {
  return signal === 'SIGABRT' || signal === 'SIGSEGV' || signal === 'SIGILL' || signal === 'SIGTRAP';
}
