import { access, constants, realpath } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSeccompFilter } from './seccomp-filter.js';
import { runBriefly } from './run-briefly.js';

/** What a probe found: how to start bubblewrap on this machine, or why it cannot be. */
export type WallProbe =
  | { readonly works: true; readonly wall: Wall }
  | { readonly works: false; readonly reason: string };

/** bubblewrap as it works on this machine, and what a guest needs inside it. */
export interface Wall {
  readonly bwrap: string;
  readonly version: string;
  readonly node: string;
  /** Shared libraries of node, as its loader asks for them. */
  readonly libraries: readonly string[];
  readonly seccomp: Uint8Array | undefined;
}

const BWRAP_PLACES = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap', '/run/wrappers/bin/bwrap'];
const GUEST_NODE = '/kb/node';
const GUEST_BOOTSTRAP = '/kb/bootstrap.cjs';
const GUEST_PROGRAM = '/kb/guest.cjs';
/** Where bubblewrap reads the seccomp filter; 3 is the guest's channel. */
export const SECCOMP_FD = 4;

/** Tries the very walls that a guest would get, around `node --version`. */
export async function probeWall(): Promise<WallProbe> {
  if (process.platform !== 'linux')
    return { works: false, reason: `bubblewrap needs Linux, this is ${process.platform}` };
  const bwrap = await findFirst(BWRAP_PLACES);
  if (bwrap === undefined) return { works: false, reason: 'bubblewrap is not installed (apt install bubblewrap)' };
  const node = await realpath(process.execPath);
  const libraries = await listLibraries(node);
  if (libraries.length === 0) return { works: false, reason: 'ldd did not list the libraries of node' };
  const { stdout } = await runBriefly(bwrap, ['--version']);
  const wall: Wall = {
    bwrap,
    version: stdout.trim().replace(/^bubblewrap /, ''),
    node,
    libraries,
    seccomp: process.arch === 'x64' ? buildSeccompFilter() : undefined,
  };
  const trial = await runBriefly(
    bwrap,
    [...buildFence(wall, [], '/'), GUEST_NODE, '--version'],
    [wall.seccomp ?? new Uint8Array()],
  );
  if (trial.code === 0) return { works: true, wall };
  return {
    works: false,
    reason: `bubblewrap does not work here: ${trial.stderr.trim().slice(-300) || `exit code ${trial.code}`}`,
  };
}

async function findFirst(places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // Not there; the next one may be.
    }
  }
  return undefined;
}

async function listLibraries(node: string): Promise<readonly string[]> {
  const { stdout } = await runBriefly('/usr/bin/ldd', [node]);
  return stdout
    .split('\n')
    .map((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

/** What is started inside the wall, and which folders it sees. */
export interface WalledGuest {
  readonly bootstrap: string;
  readonly program: string;
  readonly roots: readonly string[];
  readonly nodeFlags: (readable: readonly string[]) => readonly string[];
}

/** The command line of a guest inside the wall. Plugin folders keep their paths; node and the bootstrap get neutral ones. */
export function buildWalledCommand(wall: Wall, guest: WalledGuest): readonly string[] {
  const binds = [
    ...bindReadOnly(guest.bootstrap, GUEST_BOOTSTRAP),
    ...bindReadOnly(guest.program, GUEST_PROGRAM),
    ...guest.roots.flatMap((root) => [...bindReadOnly(root, root), ...maskSecrets(root)]),
  ];
  const flags = guest.nodeFlags([GUEST_BOOTSTRAP, GUEST_PROGRAM, ...guest.roots]);
  return [...buildFence(wall, binds, guest.roots[0] ?? '/'), GUEST_NODE, ...flags, GUEST_BOOTSTRAP];
}

// prettier-ignore
const NAMESPACES = [
  '--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--as-pid-1', '--clearenv',
  '--cap-drop', 'ALL', '--uid', '65534', '--gid', '65534', '--hostname', 'sandbox',
  '--proc', '/proc',
] as const;
// bubblewrap's root is a tmpfs of its own: read-only, or a guest could fill the host's memory with files. Where the host is root, the kernel
// would let its guest write to /proc/sys: core_pattern there is a way out. There is no /dev: its nodes would be the host's, with a mode to
// change, and Node needs none of them. bubblewrap is not asked for the number of the guest (`--info-fd`): to a host that was killed it could not
// tell it, and would end there and then, with a child of its own that waits for it for ever (0.8; nothing of a plugin, but a process that stays).
const READ_ONLY = ['--remount-ro', '/proc', '--remount-ro', '/'] as const;

function buildFence(wall: Wall, binds: readonly string[], cwd: string): readonly string[] {
  return [
    ...NAMESPACES,
    ...bindReadOnly(wall.node, GUEST_NODE),
    ...wall.libraries.flatMap((path) => bindReadOnly(path, path)),
    ...binds,
    ...READ_ONLY,
    '--chdir',
    cwd,
    ...(wall.seccomp === undefined ? [] : ['--seccomp', String(SECCOMP_FD)]),
    '--',
  ];
}

function bindReadOnly(from: string, to: string): readonly string[] {
  return ['--ro-bind', from, to];
}

// The mandatory denies of @kb-labs/permissions name the same files. The two are neighbours and share no list: change both.
const SECRET_NAMES = /^(\.env.*|\.npmrc|\.netrc|\.ssh|\.aws|\.docker|\.git)$/i;

/** Covers what lies at the top of a plugin's folder and is no code: the folder may be somebody's working directory. */
function maskSecrets(root: string): readonly string[] {
  const entries = readdirSync(root, { withFileTypes: true }).filter((entry) => SECRET_NAMES.test(entry.name));
  return entries.flatMap((entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory()) return ['--tmpfs', path, '--remount-ro', path];
    // A link leads to what is not bound, or to a name that is seen anyway.
    return entry.isFile() ? ['--ro-bind', '/dev/null', path] : [];
  });
}
