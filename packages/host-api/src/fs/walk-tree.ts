import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CanonicalPath, GuestDirEntry } from '@kb-labs/contracts';
import { throwIfStopped } from '../host-function.js';
import type { CallContext } from '../host-function.js';
import type { FileTree } from './file-tree.js';
import { listDirectory } from './list-directory.js';
import type { ListOptions } from './list-directory.js';
import { paced } from './paced.js';

/** One folder that was listed, and where it stands below the top of the walk. */
export interface WalkedDirectory {
  readonly below: readonly string[];
  readonly entries: readonly GuestDirEntry[];
}

/** What ends a walk, and what it leaves out. */
export interface WalkOptions {
  readonly context: CallContext;
  /** How many more entries may be listed, asked before each folder. One more than that may come. */
  readonly limit: () => number;
  /** Whether to go into a folder. */
  readonly enters: (below: readonly string[]) => boolean;
}

/** Folders between two looks at the host's event loop. */
const FOLDERS_PER_TURN = 32;

/**
 * Lists a folder and those below it, parents first, never through a link. Holds one descriptor at a time however deep the tree is:
 * each folder is reached from the root anew.
 */
export async function* walkTree(
  tree: FileTree,
  top: CanonicalPath,
  { context, limit, enters }: WalkOptions,
): AsyncGenerator<WalkedDirectory> {
  const waiting: (readonly string[])[] = [[]];
  for (let count = 1; ; count += 1) {
    const below = waiting.pop();
    if (below === undefined) return;
    if (count % FOLDERS_PER_TURN === 0) await nextTurn();
    throwIfStopped(context);
    const entries = await listOnce(tree, { top, below, context, limit: limit() });
    yield { below, entries };
    for await (const { name, kind } of paced(entries, context)) {
      const next = [...below, name];
      if (kind === 'directory' && enters(next)) waiting.push(next);
    }
  }
}

interface OneFolder extends ListOptions {
  readonly top: CanonicalPath;
  readonly below: readonly string[];
}

async function listOnce(tree: FileTree, { top, below, ...options }: OneFolder): Promise<readonly GuestDirEntry[]> {
  using directory = tree.enter(top, below);
  return await listDirectory(directory, options);
}
