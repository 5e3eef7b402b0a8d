import { createError } from '@kb-labs/contracts';
import type { CanonicalPath } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { charge } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import { admitBelow } from './admit-below.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { lookAt } from './open-file.js';
import { paced } from './paced.js';
import { describePath, recordChange } from './record-change.js';

const removeArguments = z.tuple([z.unknown(), z.strictObject({ recursive: z.boolean().optional() }).optional()]);

interface Doomed {
  readonly path: CanonicalPath;
  readonly isDirectory: boolean;
}

/**
 * `fs.remove(path, { recursive? })`: a file, a link (itself, not what it leads to) or an empty directory; with `recursive` all below,
 * but only if the policy lets every single entry be deleted. Otherwise nothing is.
 */
export function createRemove(session: FsSession): HostFunction {
  return async (args, context) => {
    const [rawPath, options] = parseArguments('fs.remove', removeArguments, args);
    const path = admitPath(session.gate, rawPath, ['delete']);
    refuseRoot('remove', path);
    await act(session, { action: 'remove', operation: 'delete', path }, async () => {
      using first = charge(session.gate.meter, 'maxEntriesWritten', 1);
      throwIfStopped(context);
      const isDirectory = isDirectoryAt(session, path);
      const below =
        isDirectory && options?.recursive === true ? await admitBelow(session, { path, context }) : undefined;
      const before = await describePath(session, path);
      using rest = charge(session.gate.meter, 'maxEntriesWritten', below?.length ?? 0);
      let removed = 0;
      try {
        for await (const _ of removeAll(session, [{ path, isDirectory }, ...(below ?? [])], context)) removed += 1;
      } finally {
        // Also where it was stopped halfway: what is gone has been paid for.
        first.commit(Math.min(1, removed));
        rest.commit(Math.max(0, removed - 1));
      }
      recordChange(session, { name: 'fs.remove', target: path, before, after: undefined, reversible: false });
    });
  };
}

/** The root is the ground that the run stands on. Throws `ERR_INVALID_ARGUMENT`. */
export function refuseRoot(action: string, path: CanonicalPath): void {
  if (path.segments?.length !== 0) return;
  throw createError('ERR_INVALID_ARGUMENT', `cannot ${action} ${path.asWritten}: it is the root of the run`, {
    hint: 'name what lies below it',
  });
}

function isDirectoryAt(session: FsSession, path: CanonicalPath): boolean {
  using place = session.tree.locate(path);
  const stats = lookAt(place);
  place.directory.requireSameDevice(place.name);
  return stats.isDirectory();
}

/** From the leaves to the top, one by one. What was not in the plan is not removed: its folder then is not empty, and the system says so. */
async function* removeAll(session: FsSession, doomed: readonly Doomed[], context: CallContext): AsyncGenerator<Doomed> {
  for await (const entry of paced(doomed.toReversed(), context)) {
    throwIfStopped(context);
    using place = session.tree.locate(entry.path);
    if (entry.isDirectory) place.directory.removeDirectory(place.name);
    else place.directory.removeFile(place.name);
    yield entry;
  }
}
