import { createError } from '@kb-labs/contracts';
import { buildCommandFence, countEmpty, FIRST_EMPTY_FD, GO, listShown } from './command-fence.js';
import type { FencedCommand, FenceTraits } from './command-fence.js';
import { startCommand } from './command-process.js';
import type { CommandProcess } from './command-process.js';
import { openViews } from './command-sight.js';
import { runBriefly } from './run-briefly.js';
import { buildCommandFilter } from './seccomp-filter.js';
import { probeWall, SECCOMP_FD } from './wall.js';

/** What confines commands. An unknown or malformed option is `ERR_CONFIG_INVALID`. */
export interface CommandWallOptions {
  /**
   * `auto` (default) uses bubblewrap where a probe shows that it works, `required` runs nothing without it
   * (`ERR_CONFINEMENT_TOO_WEAK`), `off` never uses it.
   */
  readonly wall?: 'auto' | 'required' | 'off';
}

/** A command to run, and what it may see where there is a wall. Without one it sees and does what the host's user can. */
export interface CommandPlan extends FencedCommand {
  /** The very file at `command`, opened and checked: it is what runs, on Linux, whatever happens to its name. */
  readonly fd: number;
  /** Whether the file is one that another program reads by its name. */
  readonly script: boolean;
}

/** A command that was started, and what confines it (`bubblewrap 0.8.0`; `undefined`: nothing). */
export interface WalledCommand extends CommandProcess {
  readonly confinedBy: string | undefined;
}

/** Starts commands of the system, each in a process group and, where it can be, in namespaces of its own. */
export interface CommandWall {
  /** Rejects with `ERR_CONFINEMENT_TOO_WEAK`, or with the system's error where the command does not start at once. */
  start(plan: CommandPlan): Promise<WalledCommand>;
}

/** Makes what starts commands. Probes once, when it is first used. */
export function createCommandWall(options: CommandWallOptions = {}): CommandWall {
  const wall = checkOptions(options);
  let probed: Promise<CommandProbe> | undefined;
  const probe = async (): Promise<CommandProbe> => {
    if (wall === 'off') return { works: false, reason: 'it is off' };
    probed ??= probeCommandWall();
    const found = await probed;
    // What did not work now may work at the next try.
    if (!found.works) probed = undefined;
    return found;
  };
  return {
    async start(plan) {
      const found = await probe();
      if (found.works) return { ...startFenced(plan, found), confinedBy: `bubblewrap ${found.version}` };
      if (wall === 'required') {
        throw createError('ERR_CONFINEMENT_TOO_WEAK', `the wall around commands is required: ${found.reason}`, {
          hint: 'install bubblewrap and allow user namespaces, or say wall: "auto" and let commands run without',
        });
      }
      return { ...startBare(plan), confinedBy: undefined };
    },
  };
}

function checkOptions({ wall = 'auto', ...others }: CommandWallOptions): 'auto' | 'required' | 'off' {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw createError('ERR_CONFIG_INVALID', `createCommandWall has no option "${unknown}": it has wall`);
  if (!['auto', 'required', 'off'].includes(wall)) {
    throw createError('ERR_CONFIG_INVALID', `wall is "auto", "required" or "off", not ${JSON.stringify(wall)}`);
  }
  return wall;
}

/** How bubblewrap can fence a command in on this machine, or why it cannot. */
export type CommandProbe =
  | { readonly works: false; readonly reason: string }
  | {
      readonly works: true;
      readonly bwrap: string;
      readonly version: string;
      readonly traits: FenceTraits;
      readonly seccomp: Uint8Array | undefined;
    };

/** Tries the very fence that a command would get, around `/usr/bin/true`. */
async function probeCommandWall(): Promise<CommandProbe> {
  const probe = await probeWall();
  if (!probe.works) return probe;
  const { bwrap, version } = probe.wall;
  // Its own devices lie behind the fence: a host that is root owns them, and so does what it starts.
  const seccomp = process.arch === 'x64' ? buildCommandFilter({ keepsModes: process.geteuid?.() === 0 }) : undefined;
  const help = await runBriefly(bwrap, ['--help']);
  const trial: FencedCommand = { command: '/usr/bin/true', args: [], env: {}, cwd: '/', views: [], readable: [] };
  const traits = { bindsDescriptors: false, filters: seccomp !== undefined };
  const { code, stderr } = await runBriefly(bwrap, buildCommandFence(trial, traits), [seccomp ?? new Uint8Array(), GO]);
  if (code !== 0) return { works: false, reason: `bubblewrap does not work here: ${stderr.trim().slice(-300)}` };
  const bindsDescriptors = /--ro-bind-fd /.test(help.stdout + help.stderr);
  return { works: true, bwrap, version, traits: { ...traits, bindsDescriptors }, seccomp };
}

/** Starts a command in the fence that a probe found to work. Throws `ESTALE` where what it may see was exchanged by now. */
export function startFenced(plan: CommandPlan, probe: CommandProbe & { readonly works: true }): CommandProcess {
  const { bindsDescriptors } = probe.traits;
  if (!bindsDescriptors && plan.views.some(({ access }) => access === 'write')) throw tooOldToWrite(probe.version);
  using shown = openViews(bindsDescriptors ? listShown(plan.views) : []);
  const pipes = Array.from({ length: FIRST_EMPTY_FD - SECCOMP_FD + countEmpty(plan.views) }, () => 'pipe' as const);
  return startCommand({
    file: probe.bwrap,
    argv0: undefined,
    args: buildCommandFence(plan, probe.traits),
    // Its own environment would show in /proc behind the fence.
    env: {},
    cwd: '/',
    // A descriptor that bubblewrap does not take is one that the command gets: through /proc it would be a way to the file itself.
    descriptors: [bindsDescriptors ? plan.fd : 'pipe', ...pipes, ...shown.descriptors],
    seccomp: probe.seccomp ?? new Uint8Array(),
    fenced: true,
  });
}

/** Who may write could put a link where the next command is about to be shown a folder. */
function tooOldToWrite(version: string): Error {
  return createError('ERR_CONFINEMENT_TOO_WEAK', `bubblewrap ${version} cannot bind folders that are held open`, {
    hint: 'install one that knows --bind-fd (0.10, or what distributions patched), or let commands write nothing',
  });
}

function startBare(plan: CommandPlan): CommandProcess {
  const { command, args, env, cwd, fd, script } = plan;
  const named = { argv0: command, args, env, cwd, descriptors: [], seccomp: undefined, fenced: false };
  // The descriptor is closed by the start itself, which is too early for whoever reads a script.
  const isHeld = process.platform === 'linux' && !script;
  return startCommand({ ...named, file: isHeld ? `/proc/self/fd/${fd}` : command });
}
