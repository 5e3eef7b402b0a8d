import type { CanonicalPath, FsOperation } from '@kb-labs/contracts';
import { left } from '../charge.js';
import type { CallContext } from '../host-function.js';
import type { FsSession } from './fs-session.js';
import { childPath } from './list-directory.js';
import { paced } from './paced.js';
import { walkTree } from './walk-tree.js';

/** An entry below a folder, parents before children. */
export interface EntryBelow {
  readonly path: CanonicalPath;
  readonly below: readonly string[];
  readonly isDirectory: boolean;
}

/** The folder, and what is to be done with all that it holds. */
export interface AdmitBelowRequest {
  readonly path: CanonicalPath;
  readonly context: CallContext;
  /** Default: `delete`. */
  readonly operations?: readonly FsOperation[];
}

/**
 * Lists everything below a folder and asks the policy about each entry. Throws at the first denial, which alone is audited, so that
 * whatever moves or removes a folder does so with all of it or not at all. Needs as much of `maxEntriesWritten` as there are entries.
 */
export async function admitBelow(session: FsSession, request: AdmitBelowRequest): Promise<readonly EntryBelow[]> {
  const { path: top, context, operations = ['delete'] } = request;
  const { gate, tree } = session;
  const found: EntryBelow[] = [];
  const limit = (): number => left(gate.meter, 'maxEntriesWritten') - found.length;
  const paths = new Map<string, CanonicalPath>([['', top]]);
  for await (const { below, entries } of walkTree(tree, top, { context, limit, enters: () => true })) {
    const parent = paths.get(below.join('/')) ?? top;
    for await (const { name, kind } of paced(entries, context)) {
      const path = admitChild(session, { parent, name, operations });
      const names = [...below, name];
      found.push({ path, below: names, isDirectory: kind === 'directory' });
      if (kind === 'directory') paths.set(names.join('/'), path);
    }
    // Throws where the folder holds more than may be changed; gives back at once, for nothing has been.
    gate.meter.reserve('maxEntriesWritten', found.length).giveBack();
  }
  return found;
}

interface Child {
  readonly parent: CanonicalPath;
  readonly name: string;
  readonly operations: readonly FsOperation[];
}

function admitChild({ gate }: FsSession, { parent, name, operations }: Child): CanonicalPath {
  const path = childPath(gate, parent, name);
  for (const operation of operations) {
    // A name that no path may have cannot be asked about as a parsed path, and is denied as text.
    const request = { kind: 'fs', operation, path: path ?? `${parent.asWritten}/${name}` } as const;
    if (path === undefined || !gate.permits(request)) gate.admit(request, operation);
  }
  if (path === undefined) throw gate.refuse({ kind: 'fs', operation: 'delete', path: parent }, 'special-file');
  return path;
}
