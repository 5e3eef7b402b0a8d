import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { CanonicalPath, GuestDirEntry } from '@kb-labs/contracts';
import { isPluginError } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { CallContext } from '../host-function.js';
import type { OpenDirectory } from './open-directory.js';
import { paced } from './paced.js';

/** What bounds a listing. */
export interface ListOptions {
  readonly limit: number;
  readonly context: CallContext;
}

/** Names and kinds in a folder, unsorted: `limit + 1` of them at most, so that one too many can be seen. Links are `other`. */
export async function listDirectory(
  directory: OpenDirectory,
  { limit, context }: ListOptions,
): Promise<readonly GuestDirEntry[]> {
  const entries: GuestDirEntry[] = [];
  for await (const entry of paced(directory.entries(), context)) {
    entries.push(entry);
    if (entries.length > limit) break;
  }
  return entries;
}

/** The kind of a directory entry or of a file's facts. */
export function kindOf(entry: Pick<Dirent, 'isFile' | 'isDirectory'>): GuestDirEntry['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

/** The path of an entry, as one that the plugin might have written; `undefined` for a name that no path may have. */
export function childPath(gate: Gate, parent: CanonicalPath, name: string): CanonicalPath | undefined {
  const written = parent.asWritten.endsWith('/') ? parent.asWritten : `${parent.asWritten}/`;
  try {
    const child = gate.parsePath(written + name);
    return child.absolute === join(parent.absolute, name) ? child : undefined;
  } catch (error) {
    if (isPluginError(error)) return undefined;
    throw error;
  }
}
