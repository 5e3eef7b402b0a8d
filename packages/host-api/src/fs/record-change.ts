import type { CanonicalPath, HostFunctionName, OperationState } from '@kb-labs/contracts';
import { createContentDigest, MAX_DIGEST_BYTES } from './content-digest.js';
import type { ContentDigest } from './content-digest.js';
import type { Place } from './file-tree.js';
import type { FsSession } from './fs-session.js';
import type { EntryStats } from './open-directory.js';
import { openFile } from './open-file.js';

/** What a call changed. `before` and `after` speak of one place: the destination where there is one, else the target. */
export interface FileChange {
  readonly name: HostFunctionName;
  readonly target: CanonicalPath;
  readonly destination?: CanonicalPath;
  readonly before: OperationState | undefined;
  readonly after: OperationState | undefined;
  /** Default: where nothing stood there before, or the same as now. */
  readonly reversible?: boolean;
}

/** A folder, as records have it. */
export const DIRECTORY: OperationState = Object.freeze({ kind: 'directory', bytes: undefined, sha256: undefined });

/** Tells of a change that succeeded. One for each call: what lies below a folder that was removed or moved is not listed. */
export function recordChange(session: FsSession, change: FileChange): void {
  const { name, target, destination, before, after } = change;
  session.recorder.record({
    name,
    target: target.asWritten,
    destination: destination?.asWritten,
    before,
    after,
    reversible: change.reversible ?? (before === undefined || isSame(before, after)),
  });
}

/**
 * What stands at a place, read through the folder that is held; `undefined` where nothing does. Reads up to 1 MiB, which no quota
 * counts, and nothing where nobody listens. Never throws: what cannot be read has no digest.
 */
export async function describePlace(session: FsSession, place: Place): Promise<OperationState | undefined> {
  return (await digestPlace(session, place))?.state();
}

/** As `describePlace`, for a path that may not even have a folder. */
export async function describePath(session: FsSession, path: CanonicalPath): Promise<OperationState | undefined> {
  if (!session.recorder.isHeard) return undefined;
  try {
    using place = session.tree.locate(path);
    return await describePlace(session, place);
  } catch {
    // Whatever is wrong with the path is found, and said, by the call itself.
    return undefined;
  }
}

/** What is told of a file that is about to be added to, ready for more. */
export async function digestPlace(session: FsSession, place: Place): Promise<ContentDigest | undefined> {
  if (!session.recorder.isHeard) return undefined;
  const stats = lookQuietly(place);
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return { add: () => undefined, state: () => DIRECTORY };
  let bytes = stats.isFile() ? Number(stats.size) : undefined;
  try {
    if (bytes !== undefined && bytes <= MAX_DIGEST_BYTES) return await digestFile(place);
  } catch {
    // It cannot be read, or not any more: then it is told by its facts.
  }
  return {
    add(more) {
      if (bytes !== undefined) bytes += more.byteLength;
    },
    state: () => Object.freeze({ kind: 'file', bytes, sha256: undefined }),
  };
}

/** What is about to be written, in the words of a record. */
export function describeBytes(session: FsSession, bytes: Uint8Array): OperationState | undefined {
  if (!session.recorder.isHeard) return undefined;
  const digest = createContentDigest();
  digest.add(bytes);
  return digest.state();
}

async function digestFile(place: Place): Promise<ContentDigest> {
  using file = openFile(place, 'read');
  const digest = createContentDigest();
  // One byte more, so that the end is seen at once.
  const buffer = new Uint8Array(Math.min(Number(file.stats.size), MAX_DIGEST_BYTES) + 1);
  for (let total = 0; ;) {
    const count = await file.read(buffer);
    if (count === 0) break;
    digest.add(buffer.subarray(0, count));
    total += count;
    if (total > MAX_DIGEST_BYTES) throw new RangeError('it grew');
  }
  return digest;
}

function lookQuietly({ directory, name }: Place): EntryStats | undefined {
  try {
    return directory.look(name);
  } catch {
    // As above: the call itself says what is wrong.
    return undefined;
  }
}

function isSame(before: OperationState, after: OperationState | undefined): boolean {
  return before.sha256 !== undefined && before.sha256 === after?.sha256;
}
