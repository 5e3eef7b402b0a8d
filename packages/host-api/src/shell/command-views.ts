import { existsSync, opendirSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import type { FsOperation } from '@kb-labs/contracts';
import type { CommandView } from '@kb-labs/sandbox';
import type { Gate } from '../gate.js';

/** More than these are not told apart one by one: the root is then not shown at all. */
const MAX_VIEWS = 128;
const MAX_ENTRIES = 4_096;

/** What is to be seen, and from where. */
export interface ViewOptions {
  readonly gate: Gate;
  /** Whether the host lets commands write at all. */
  readonly write: boolean;
  /** The folder that a command stands in: absolute, at or below the root, admitted. */
  readonly cwd: string;
}

/**
 * What commands behind a wall see of the root: its entries, and those of the folder they stand in, as the policy has it for each of them.
 * Rules about what lies deeper hold for `.git` alone, and the folders that submodules and worktrees have in it: what a folder shows, it
 * shows whole.
 */
export function listViews({ gate, write, cwd }: ViewOptions): readonly CommandView[] {
  const { root } = gate;
  const may = (operation: FsOperation, path: string): boolean => gate.permits({ kind: 'fs', operation, path });
  const accessOf = (path: string, kind: CommandView['kind']): CommandView['access'] => {
    if (!may(kind === 'directory' ? 'list' : 'read', path)) return 'none';
    // A folder that holds what must stay may not be deleted, as far as names tell.
    return write && may('write', path) && (path === root || may('delete', path)) ? 'write' : 'read';
  };
  const viewOf = (path: string, kind: CommandView['kind']): CommandView => ({
    path,
    kind,
    access: accessOf(path, kind),
  });
  const viewsIn = (folder: string): readonly CommandView[] => {
    const around = accessOf(folder, 'directory');
    return listEntries(folder)
      .map(({ path, kind }) => viewOf(path, kind))
      .filter(({ access }) => access !== around);
  };
  const gitFolders = listGitFolders(join(root, '.git'));
  const views = [
    viewOf(root, 'directory'),
    ...viewsIn(root),
    ...(cwd === root ? [] : [viewOf(cwd, 'directory'), ...viewsIn(cwd)]),
    // What no policy lets a plugin read, although the folder that holds it may be read.
    ...gitFolders.filter((folder) => folder !== cwd).flatMap(viewsIn),
  ];
  const isTooMuch = views.length > MAX_VIEWS || gitFolders.length > MAX_VIEWS || listEntries(root).length > MAX_ENTRIES;
  return isTooMuch ? [{ path: root, kind: 'directory', access: 'none' }] : views;
}

/** A folder of git's, and those of its worktrees and submodules, whose names may have slashes. Stops after the first that is too many. */
function listGitFolders(git: string): readonly string[] {
  const found = [git];
  const waiting = [join(git, 'worktrees'), join(git, 'modules')];
  for (let next = waiting.pop(); next !== undefined && found.length <= MAX_VIEWS; next = waiting.pop()) {
    const folders = listEntries(next).filter(({ kind }) => kind === 'directory');
    for (const { path } of folders) {
      found.push(path);
      waiting.push(existsSync(join(path, 'HEAD')) ? join(path, 'modules') : path);
    }
  }
  return found;
}

type Entry = Pick<CommandView, 'path' | 'kind'>;

/** Stops after the first that is too many. */
function listEntries(folder: string): readonly Entry[] {
  const directory = openFolder(folder);
  if (directory === undefined) return [];
  try {
    const entries: Entry[] = [];
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      // A link leads to what is not there, or to what is shown as it is.
      if (entry.isSymbolicLink()) continue;
      entries.push({ path: join(folder, entry.name), kind: entry.isDirectory() ? 'directory' : 'file' });
      if (entries.length > MAX_ENTRIES) break;
    }
    return entries;
  } finally {
    directory.closeSync();
  }
}

function openFolder(folder: string): Dir | undefined {
  try {
    return opendirSync(folder);
  } catch {
    // There is none, or it is no folder: then nothing in it needs hiding.
    return undefined;
  }
}
