import type { CanonicalPath } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { charge } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import { admitBelow } from './admit-below.js';
import type { EntryBelow } from './admit-below.js';
import type { Place } from './file-tree.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { inspectReplaced, lookAt } from './open-file.js';
import { createErrno } from './io-error.js';
import { childPath } from './list-directory.js';
import { DiskRefusedError } from './open-directory.js';
import { paced } from './paced.js';
import { describePath, describePlace, recordChange } from './record-change.js';
import { refuseRoot } from './remove.js';

const renameArguments = z.tuple([z.unknown(), z.unknown(), z.strictObject({}).optional()]);

/**
 * `fs.rename(from, to)`: takes away at one end (`delete`, `write`) and puts at the other (`write`). A directory moves only if the
 * policy allows the same for every entry in it, at both ends: no move may carry a denied file to where it can be read.
 */
export function createRename(session: FsSession): HostFunction {
  return async (args, context) => {
    const [rawFrom, rawTo] = parseArguments('fs.rename', renameArguments, args);
    const from = admitPath(session.gate, rawFrom, ['delete', 'write']);
    const to = admitPath(session.gate, rawTo, ['write']);
    refuseRoot('rename', from);
    refuseRoot('replace', to);
    await act(session, { action: 'rename', operation: 'write', path: from }, async () => {
      using entries = charge(session.gate.meter, 'maxEntriesWritten', 1);
      throwIfStopped(context);
      const admitted = isDirectoryAt(session, from) ? await admitMove(session, { from, to, context }) : undefined;
      const before = await describePath(session, to);
      throwIfStopped(context);
      // From here on in one turn: what was admitted is what moves.
      using source = session.tree.locate(from);
      if (isMovableDirectory(source) !== (admitted !== undefined)) throw createErrno('EBUSY');
      if (admitted !== undefined) requireUnchanged(session, from, admitted);
      using target = session.tree.locate(to);
      inspectTarget(target);
      source.directory.rename(source.name, target.directory, target.name);
      entries.commit();
      const after = await describePlace(session, target);
      recordChange(session, { name: 'fs.rename', target: from, destination: to, before, after });
    });
  };
}

function isDirectoryAt(session: FsSession, path: CanonicalPath): boolean {
  using place = session.tree.locate(path);
  return isMovableDirectory(place);
}

function isMovableDirectory(place: Place): boolean {
  const stats = lookAt(place);
  if (stats.isSymbolicLink()) throw new DiskRefusedError('link');
  if (!stats.isDirectory() && !stats.isFile()) throw new DiskRefusedError('special-file');
  place.directory.requireSameDevice(place.name);
  return stats.isDirectory();
}

/** An empty directory may be replaced by another; the system sees to it that it is empty. */
function inspectTarget(target: Place): void {
  const stats = target.directory.look(target.name);
  if (stats?.isDirectory() !== true) inspectReplaced(target);
}

interface Move {
  readonly from: CanonicalPath;
  readonly to: CanonicalPath;
  readonly context: CallContext;
}

async function admitMove(session: FsSession, { from, to, context }: Move): Promise<readonly EntryBelow[]> {
  const { gate } = session;
  const entries = await admitBelow(session, { path: from, context, operations: ['delete', 'write'] });
  const arrived = new Map<string, CanonicalPath>([['', to]]);
  for await (const { below, isDirectory } of paced(entries, context)) {
    const parent = arrived.get(below.slice(0, -1).join('/')) ?? to;
    const path = childPath(gate, parent, below.at(-1) ?? '');
    const request = { kind: 'fs', operation: 'write', path: path ?? `${to.asWritten}/${below.join('/')}` } as const;
    if (path === undefined || !gate.permits(request)) gate.admit(request, 'write');
    if (path !== undefined && isDirectory) arrived.set(below.join('/'), path);
  }
  return entries;
}

/** Throws `EBUSY` where something was put into the folder since it was admitted, by another run or another program. */
function requireUnchanged({ tree }: FsSession, top: CanonicalPath, admitted: readonly EntryBelow[]): void {
  const known = new Map(admitted.map(({ below, isDirectory }) => [below.join('/'), isDirectory]));
  const folders = admitted.filter(({ isDirectory }) => isDirectory).map(({ below }) => below);
  for (const below of [[], ...folders]) {
    using directory = tree.enter(top, below);
    for (const { name, kind } of directory.entries()) {
      if (known.get([...below, name].join('/')) !== (kind === 'directory')) throw createErrno('EBUSY');
    }
  }
}
