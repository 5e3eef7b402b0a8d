import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { charge } from '../charge.js';
import type { CanonicalPath } from '@kb-labs/contracts';
import { throwIfStopped } from '../host-function.js';
import type { HostFunction } from '../host-function.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { createErrno, errnoOf } from './io-error.js';
import { lookAt } from './open-file.js';
import { DIRECTORY, recordChange } from './record-change.js';

const mkdirArguments = z.tuple([z.unknown(), z.strictObject({ recursive: z.boolean().optional() }).optional()]);

/** `fs.mkdir(path, { recursive? })`. With `recursive`, each folder that is missing must be writable by the policy, or none is made. */
export function createMkdir(session: FsSession): HostFunction {
  return async (args, context) => {
    const [rawPath, options] = parseArguments('fs.mkdir', mkdirArguments, args);
    const path = admitPath(session.gate, rawPath, ['write']);
    await act(session, { action: 'make directory', operation: 'write', path }, () => {
      throwIfStopped(context);
      const isRecursive = options?.recursive === true;
      const missing = isRecursive ? missingFolders(session, path) : [path];
      using entries = charge(session.gate.meter, 'maxEntriesWritten', missing.length);
      for (const folder of missing) makeFolder(session, folder, isRecursive);
      entries.commit();
      if (missing.length > 0)
        recordChange(session, { name: 'fs.mkdir', target: path, before: undefined, after: DIRECTORY });
    });
  };
}

/** The folders on the way that are not there, outermost first. Throws before any is made where the policy denies one. */
function missingFolders(session: FsSession, path: CanonicalPath): readonly CanonicalPath[] {
  const segments = path.segments ?? [];
  const present = countPresent(session, path);
  const ancestors = segments
    .slice(present, -1)
    .map((_, index) => admitPath(session.gate, segments.slice(0, present + index + 1).join('/'), ['write']));
  return present === segments.length ? [] : [...ancestors, path];
}

/** How many segments of the path are folders already. A file or a link on the way is an error. */
function countPresent(session: FsSession, path: CanonicalPath): number {
  const segments = path.segments ?? [];
  for (let count = segments.length; count > 0; count -= 1) {
    const above = session.gate.parsePath(segments.slice(0, count).join('/'));
    const isFolder = isFolderIfThere(session, above);
    if (isFolder === false) throw createErrno(count === segments.length ? 'EEXIST' : 'ENOTDIR');
    if (isFolder === true) return count;
  }
  return 0;
}

/** `undefined` where nothing is there. */
function isFolderIfThere({ tree }: FsSession, path: CanonicalPath): boolean | undefined {
  try {
    using place = tree.locate(path);
    return lookAt(place).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function makeFolder(session: FsSession, path: CanonicalPath, mayExist: boolean): void {
  using place = session.tree.locate(path);
  const { directory, name } = place;
  try {
    directory.makeDirectory(name);
  } catch (error) {
    // Another process was faster, which is as good.
    if (!mayExist || errnoOf(error) !== 'EEXIST' || directory.look(name)?.isDirectory() !== true) throw error;
  }
}
