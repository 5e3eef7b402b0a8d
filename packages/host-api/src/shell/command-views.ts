import { readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { FsOperation } from '@kb-labs/contracts';
import type { CommandView } from '@kb-labs/sandbox';
import type { Gate } from '../gate.js';

/** More than this is not told apart one by one: the root is then not shown at all. */
const MAX_VIEWS = 128;
/** What no policy lets a plugin read, although the folder that holds it may be read. */
const NESTED: readonly string[] = ['.git'];

/**
 * What commands behind a wall see of the root: its entries as the policy has it for each of them. Rules about what lies deeper hold for
 * `.git` alone: what a folder of the root shows, it shows whole.
 */
export function listViews(gate: Gate, write: boolean): readonly CommandView[] {
  const { root } = gate;
  const may = (operation: FsOperation, path: string): boolean => gate.permits({ kind: 'fs', operation, path });
  const hidden: CommandView = { path: root, kind: 'directory', access: 'none' };
  if (!may('list', root)) return [hidden];
  const accessOf = (path: string, kind: CommandView['kind']): CommandView['access'] => {
    if (!may(kind === 'directory' ? 'list' : 'read', path)) return 'none';
    // A folder that holds what must stay may not be deleted, as far as names tell.
    return write && may('write', path) && (path === root || may('delete', path)) ? 'write' : 'read';
  };
  const base = accessOf(root, 'directory');
  const entries = [root, ...NESTED.map((name) => join(root, name))].flatMap(listEntries);
  const views = entries
    .map(({ path, kind }) => ({ path, kind, access: accessOf(path, kind) }))
    .filter(({ access }) => access !== base);
  return views.length > MAX_VIEWS ? [hidden] : [{ path: root, kind: 'directory', access: base }, ...views];
}

function listEntries(folder: string): readonly Pick<CommandView, 'path' | 'kind'>[] {
  return (
    readNames(folder)
      // A link leads to what is not there, or to what is shown as it is.
      .filter((entry) => !entry.isSymbolicLink())
      .map((entry) => ({ path: join(folder, entry.name), kind: entry.isDirectory() ? 'directory' : 'file' }))
  );
}

function readNames(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // There is none, or it is no folder: then nothing in it needs hiding.
    return [];
  }
}
