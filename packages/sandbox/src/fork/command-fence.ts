import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SECCOMP_FD } from './wall.js';

/** The opened file that is run, where bubblewrap can bind it. */
const COMMAND_FD = 3;
/** Where the command's start is agreed on with the host. One digit, or not every shell takes it. */
export const START_FD = 5;
/** From here on, one descriptor at its end for each file that is hidden, and behind them one for each place that is shown. */
export const FIRST_EMPTY_FD = 6;

/** What a command sees of one place below the run's root. */
export interface CommandView {
  /** Absolute, real. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  readonly access: 'none' | 'read' | 'write';
}

/** What a command sees inside the fence, and where it stands. */
export interface FencedCommand {
  /** The real path of the file. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The run's root first; what lies below it and differs comes after. */
  readonly views: readonly CommandView[];
  /** Folders and files of the host that it may read besides the system's. */
  readonly readable: readonly string[];
}

/** How bubblewrap does it on this machine. */
export interface FenceTraits {
  /** Whether it binds what a descriptor holds, so that what was checked is what is run and seen, whatever happens to its name. */
  readonly bindsDescriptors: boolean;
  readonly filters: boolean;
}

/**
 * bubblewrap ties what is behind it to the life of the host somewhat after it has started (`--die-with-parent`): a host that is killed before
 * leaves it running. So the last one before the command says that all is up, and waits for a word of the host, or for the end of the host.
 */
const AGREE = `echo >&${START_FD} && read -r _ <&${START_FD} && exec "$@" ${START_FD}>&-`;
const GUARD = ['/bin/sh', '-c', AGREE, 'sh'] as const;
/** The word. */
export const GO: Uint8Array = new TextEncoder().encode('\n');

// prettier-ignore
const NAMESPACES = [
  '--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--clearenv',
  '--cap-drop', 'ALL', '--uid', '65534', '--gid', '65534', '--hostname', 'command',
  '--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev', '--remount-ro', '/dev',
] as const;
const SCRATCH = ['--size', String(64 * 1024 * 1024), '--tmpfs', '/tmp'] as const;
/** What the loader, time zones and alternatives need; nothing that holds a secret. */
const SYSTEM_FILES = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/localtime',
];
const SYSTEM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** The arguments of bubblewrap for one command: argument vectors alone, which no shell reads. */
export function buildCommandFence(fenced: FencedCommand, traits: FenceTraits): readonly string[] {
  const { command, args, env, cwd, views, readable } = fenced;
  return [
    ...NAMESPACES,
    ...bind('--ro-bind', '/usr'),
    ...SYSTEM_FOLDERS.flatMap(copySystemFolder),
    ...SYSTEM_FILES.flatMap((path) => bind('--ro-bind-try', path)),
    ...SCRATCH,
    ...readable.flatMap((path) => bind('--ro-bind', path)),
    ...buildViews(views, traits),
    ...(traits.bindsDescriptors ? ['--ro-bind-fd', String(COMMAND_FD), command] : bind('--ro-bind', command)),
    '--remount-ro',
    '/',
    '--chdir',
    cwd,
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...(traits.filters ? ['--seccomp', String(SECCOMP_FD)] : []),
    '--',
    ...GUARD,
    command,
    ...args,
  ];
}

function bind(option: string, path: string): readonly string[] {
  return [option, path, path];
}

/** Most systems have links to /usr there, others folders. */
function copySystemFolder(path: string): readonly string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true) return ['--symlink', readlinkSync(path), path];
  return stats?.isDirectory() === true ? bind('--ro-bind', path) : [];
}

function buildViews(views: readonly CommandView[], { bindsDescriptors }: FenceTraits): readonly string[] {
  let empty = FIRST_EMPTY_FD;
  let shown = FIRST_EMPTY_FD + countEmpty(views);
  const binds = views.filter(isLaid).flatMap(({ path, kind, access }) => {
    if (access !== 'none') {
      const option = access === 'write' ? '--bind' : '--ro-bind';
      return bindsDescriptors ? [`${option}-fd`, String(shown++), path] : bind(option, path);
    }
    return kind === 'directory' ? ['--tmpfs', path] : ['--ro-bind-data', String(empty++), path];
  });
  // At the end: what is shown of a hidden folder needs a place in it. A folder that was shown after all is no longer its own mount.
  const hidden = views.filter(({ kind, access }) => kind === 'directory' && access === 'none').filter(isLaid);
  return [...binds, ...hidden.flatMap(({ path }) => ['--remount-ro', path])];
}

/** All that there is cannot be laid over itself. */
function isLaid({ path }: CommandView): boolean {
  return path !== join(path, '..');
}

/** The places that are bound, in the order of their descriptors. */
export function listShown(views: readonly CommandView[]): readonly CommandView[] {
  return views.filter(({ access }) => access !== 'none').filter(isLaid);
}

/** How many files are to look empty. */
export function countEmpty(views: readonly CommandView[]): number {
  return views.filter(({ kind, access }) => kind === 'file' && access === 'none').length;
}
