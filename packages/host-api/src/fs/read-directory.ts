import { createError } from '@kb-labs/contracts';
import type { CanonicalPath, GuestDirEntry, GuestFileStat } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { charge, left } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { HostFunction } from '../host-function.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { childPath, kindOf, listDirectory } from './list-directory.js';
import { lookAt } from './open-file.js';
import { paced } from './paced.js';

const pathArguments = z.tuple([z.unknown(), z.strictObject({}).optional()]);

/** What one name costs in an answer beside its characters. */
const ENTRY_BYTES = 64;

/** `fs.readDir(path)`: names and kinds, sorted. Leaves out what the policy lets nobody look at; a link is `other`. */
export function createReadDir(session: FsSession): HostFunction {
  return async (args, context): Promise<readonly GuestDirEntry[]> => {
    const [rawPath] = parseArguments('fs.readDir', pathArguments, args);
    const path = admitPath(session.gate, rawPath, ['list']);
    return act(session, { action: 'list', operation: 'list', path }, async () => {
      throwIfStopped(context);
      using directory = session.tree.enter(path);
      const listed = await listDirectory(directory, { limit: left(session.gate.meter, 'maxEntriesRead'), context });
      using entries = charge(session.gate.meter, 'maxEntriesRead', listed.length);
      const visible: GuestDirEntry[] = [];
      for await (const entry of paced(listed, context)) if (isVisible(session, path, entry)) visible.push(entry);
      requireFits(visible, session.maxMessageBytes);
      entries.commit();
      return visible.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  };
}

/** A folder that may be listed shows itself; anything else must be allowed by its own name. */
function isVisible({ gate }: FsSession, parent: CanonicalPath, { name, kind }: GuestDirEntry): boolean {
  const path = childPath(gate, parent, name);
  if (path === undefined) return false;
  if (gate.permits({ kind: 'fs', operation: 'stat', path })) return true;
  return kind === 'directory' && gate.permits({ kind: 'fs', operation: 'list', path });
}

/** `fs.stat(path)`: facts about the entry itself. A link is `other`, of size 0: where it leads is not looked at. */
export function createStat(session: FsSession): HostFunction {
  return async (args, context): Promise<GuestFileStat> => {
    const [rawPath] = parseArguments('fs.stat', pathArguments, args);
    const path = admitPath(session.gate, rawPath, ['stat']);
    return act(session, { action: 'stat', operation: 'stat', path }, () => {
      throwIfStopped(context);
      using entries = charge(session.gate.meter, 'maxEntriesRead', 1);
      using place = session.tree.locate(path);
      const stats = lookAt(place);
      place.directory.requireSameDevice(place.name);
      entries.commit();
      const kind = kindOf(stats);
      return { kind, size: kind === 'file' ? Number(stats.size) : 0, modifiedAt: new Date(Number(stats.mtimeMs)) };
    });
  };
}

function requireFits(entries: readonly GuestDirEntry[], maxBytes: number): void {
  const bytes = entries.reduce((sum, { name }) => sum + 3 * name.length + ENTRY_BYTES, 0);
  if (bytes <= maxBytes) return;
  throw createError('ERR_OUTPUT_EXCEEDED', `the listing needs ${bytes} bytes, and one answer may have ${maxBytes}`, {
    details: { used: bytes, limit: maxBytes },
    hint: 'keep fewer entries in one directory',
  });
}
