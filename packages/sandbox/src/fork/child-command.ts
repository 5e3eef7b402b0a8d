import { dirname, join } from 'node:path';
import { withoutCores } from './core-limit.js';
import type { GuestPurpose } from './guest-purpose.js';
import { buildNodeFlags } from './node-flags.js';
import { buildWalledCommand } from './wall.js';
import type { Wall } from './wall.js';

/** How this machine starts a guest: found out once per adapter. */
export interface Launcher {
  readonly wall: Wall | undefined;
  /** `setpriv` of util-linux, which ties a child to the life of its host. bubblewrap does that by itself. */
  readonly setpriv: string | undefined;
  /** What keeps guests from leaving a core behind; `undefined` where none would, or where nothing can be done about it. */
  readonly coreLimiter: string | undefined;
  readonly bootstrap: string;
}

/** `undefined` as long as there is none. */
type CompiledSource = () => Uint8Array | undefined;

/** What to start, with which descriptors, and the filter that bubblewrap reads from one of them. */
export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly stdio: readonly 'pipe'[];
  /** Whether the guest is a child of what is started, and not that itself. */
  readonly walled: boolean;
  readonly seccomp: Uint8Array | undefined;
  /**
   * What V8 has compiled of the guest's program. Comes first on the channel, and its size last among the arguments, where the channel can be waited for. Asked
   * by who sends it, for it may have to be made first.
   */
  readonly compiled: CompiledSource | undefined;
}

/** What a guest is started with. */
export interface GuestTraits {
  readonly memoryMb: number;
  /** What it is told that it is for. */
  readonly purpose: GuestPurpose | undefined;
  readonly compiled: CompiledSource | undefined;
}

/** The command line of a guest: argument vectors alone, never a shell, and nothing secret in them. */
export function buildChildCommand(launcher: Launcher, roots: readonly string[], guest: GuestTraits): ChildCommand {
  const command = withoutCores(buildGuestCommand(launcher, roots, guest.memoryMb), launcher.coreLimiter);
  const { purpose, compiled } = guest;
  // The bootstrap is last.
  return purpose === undefined ? command : { ...command, args: [...command.args, purpose], compiled };
}

function buildGuestCommand(launcher: Launcher, roots: readonly string[], memoryMb: number): ChildCommand {
  const nodeFlags = (readable: readonly string[]): readonly string[] => buildNodeFlags({ readable, memoryMb });
  const { wall, setpriv, bootstrap } = launcher;
  if (wall !== undefined) {
    const args = buildWalledCommand(wall, { bootstrap, program: programOf(bootstrap), roots, nodeFlags });
    return {
      file: wall.bwrap,
      args,
      stdio: pipes(wall.seccomp === undefined ? 4 : 5),
      walled: true,
      seccomp: wall.seccomp,
      compiled: undefined,
    };
  }
  const node = [...nodeFlags([bootstrap, programOf(bootstrap), ...roots]), bootstrap];
  const bare = { stdio: pipes(4), walled: false, seccomp: undefined, compiled: undefined };
  if (setpriv === undefined) return { file: process.execPath, args: node, ...bare };
  const args = ['--no-new-privs', '--pdeathsig', 'KILL', '--', process.execPath, ...node];
  return { file: setpriv, args, ...bare };
}

/** The file of the guest's program, which the bootstrap reads. */
export function programOf(bootstrap: string): string {
  return join(dirname(bootstrap), 'guest.cjs');
}

/** Nothing but pipes, standard input as well: `/dev/null` would be the host's, with a mode and times to change. */
function pipes(count: number): readonly 'pipe'[] {
  return Array.from({ length: count }, () => 'pipe');
}
