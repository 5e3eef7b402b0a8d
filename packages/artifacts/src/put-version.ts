import type { ArtifactInfo, ArtifactKey, ArtifactPutOptions } from '@kb-labs/contracts';
import { allDone } from './all-done.js';
import { artifactUri } from './artifact-uri.js';
import { spoolBody } from './spool-body.js';
import type { ArtifactBody, BodySum } from './body.js';
import { assertMayPut } from './condition.js';
import { identityOf } from './current-version.js';
import { standingOf } from './data-file.js';
import type { Folder } from './folder.js';
import { HeldOpen } from './held-open.js';
import { findTwin, sweepReplaced } from './leftovers.js';
import { publish } from './publish.js';
import type { PutPlaces } from './put-places.js';
import { conflict } from './store-errors.js';
import { createExclusively } from './temporary-file.js';
import { takeTurn } from './turn.js';
import { createVersion, versionsIn, writeVersion } from './version-index.js';
import { infoOf } from './version.js';
import type { Version } from './version.js';
import type { WorkInProgress } from './work-in-progress.js';
import { writeWhole } from './write-whole.js';

/** What is to be put, and where. */
export interface Draft {
  readonly root: string;
  readonly key: ArtifactKey;
  readonly body: ArtifactBody;
  readonly options: ArtifactPutOptions;
  readonly now: () => number;
}

/** Writing and syncing so much takes no longer than the rest of a turn, so that others may wait for it. */
const SMALL_BYTES = 1_048_576;

/**
 * Writes a body down with its metadata, for good, and gives it its name. Each step is a turn of the thread pool, so what does not wait for another is
 * begun before it; but data, metadata and the folders that name them are on the disk before the data gets its name.
 */
export async function putVersion(draft: Draft, progress: WorkInProgress, places: PutPlaces): Promise<ArtifactInfo> {
  const { temporary, ticket, data: source } = progress;
  await using held = new HeldOpen();
  const opening = held.file(createExclusively(source));
  await using look = openLook({ draft, progress, shard: places.shard });
  if (isSmall(draft.body)) look.begin();
  const data = await opening;
  const sum = await spoolBody(draft.body, draft.options, (block) => writeWhole(data, block));
  const shard = await places.shard;
  const [stats, record] = await Promise.all([
    held.until(data.stat({ bigint: true })),
    held.file(createVersion(shard, ticket.keyHash, ticket.id)),
  ]);
  const version = describe(draft, { id: ticket.id, identity: identityOf(stats), ...sum });
  await writeVersion(record, version);
  const target = await places.target;
  // All at once, and after all that they sync is written: a journal that has begun to write makes what comes later wait for its next turn.
  const sync = (): Promise<void> => allDone([data.sync(), record.sync(), shard.sync(), places.syncMade()]);
  const turn = await syncInTurn(sync, look, version.bytes);
  const hasDataLeft = await publish({ root: progress.base, key: draft.key, source, isNew: turn.isNew, target });
  const replaced = { published: version, keyHash: ticket.keyHash, others: turn.others };
  if (await sweepReplaced(progress.base, { shard, temporary }, replaced)) {
    await Promise.all([turn[Symbol.asyncDispose](), progress.finish(hasDataLeft)]);
  }
  return infoOf(draft.root, version);
}

/** Whether it is there, and written in a moment. */
export function isSmall(body: ArtifactBody): boolean {
  return body instanceof Uint8Array && body.byteLength <= SMALL_BYTES;
}

interface Written extends BodySum {
  readonly id: string;
  readonly identity: string;
}

function describe({ key, options, now }: Draft, { id, identity, bytes, sha256 }: Written): Version {
  const { contentType, version, schemaVersion, expiresAt } = options;
  return { ...key, bytes, sha256, identity, contentType, version, schemaVersion, createdAt: now(), expiresAt, id };
}

interface Known {
  readonly draft: Draft;
  readonly progress: WorkInProgress;
  readonly shard: Promise<Folder>;
}

/** The turn of a key, and what was seen in it. */
interface PutTurn extends AsyncDisposable {
  /** Whether nothing may have the name yet. */
  readonly isNew: boolean;
  readonly others: readonly Version[];
}

/** A turn that is taken once. Disposing waits for it, and ends it. */
interface Look extends AsyncDisposable {
  /** Begins to wait for the turn. Who does not ask for it does not hear that it failed. */
  begin(): void;
  taken(): Promise<PutTurn>;
}

function openLook(known: Known): Look {
  let look: Promise<PutTurn> | undefined;
  const begin = (): Promise<PutTurn> => {
    look ??= lookInTurn(known);
    return look;
  };
  return {
    begin: () => void begin().catch(() => undefined),
    taken: begin,
    async [Symbol.asyncDispose]() {
      // One that failed has ended.
      const turn = await look?.catch(() => undefined);
      await turn?.[Symbol.asyncDispose]();
    },
  };
}

async function syncInTurn(sync: () => Promise<void>, look: Look, bytes: number): Promise<PutTurn> {
  if (bytes > SMALL_BYTES) await sync();
  // The look first: the syncs would take all threads of the pool.
  const [seen, synced] = await Promise.allSettled([look.taken(), bytes > SMALL_BYTES ? undefined : sync()]);
  if (synced.status === 'rejected') throw synced.reason;
  if (seen.status === 'rejected') throw seen.reason;
  return seen.value;
}

/** Nobody else changes the key between this look at what stands there and the step that replaces it. */
async function lookInTurn({ draft, progress, shard }: Known): Promise<PutTurn> {
  const { root, key, options, now } = draft;
  const { temporary, ticket } = progress;
  const uri = artifactUri(key);
  const turn = await takeTurn(temporary, { ticket, uri, signal: options.signal });
  try {
    const conditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
    const standing = conditional ? await standingOf(root, key) : undefined;
    if (conditional) assertMayPut(uri, options, { standing, now: now() });
    const others = await versionsIn(await shard, ticket.keyHash, (id) => id !== ticket.id);
    // They are to be forgotten when the data has left, and tells of nothing any more.
    if (others.length > 0) await progress.mark();
    const twin = await findTwin(root, key, others);
    if (twin !== undefined) throw conflict(uri, `"${twin}" differs by case or spelling alone`, 'same-spelling');
    // A link never replaces, so a name that is to be new is so whatever else writes in the folder.
    const isNew = options.ifNoneMatch !== undefined && standing === undefined;
    return { isNew, others, [Symbol.asyncDispose]: () => turn[Symbol.asyncDispose]() };
  } catch (error) {
    await turn[Symbol.asyncDispose]();
    throw error;
  }
}
