import type { FileHandle } from 'node:fs/promises';
import type { ArtifactInfo, ArtifactKey, ArtifactPutOptions } from '@kb-labs/contracts';
import { allDone } from './all-done.js';
import { artifactUri } from './artifact-uri.js';
import { spoolBody } from './spool-body.js';
import type { ArtifactBody } from './body.js';
import { assertMayPut } from './condition.js';
import { identityOf } from './current-version.js';
import { standingOf } from './data-file.js';
import type { Folder } from './folder.js';
import { findTwin, sweepReplaced } from './leftovers.js';
import { publish } from './publish.js';
import { conflict } from './store-errors.js';
import { closeSoon, createExclusively, unlinkIfThere } from './temporary-file.js';
import { temporaryName } from './ticket.js';
import { takeTurn } from './turn.js';
import { addVersion, makeShard, versionsIn } from './version-index.js';
import { infoOf } from './version.js';
import type { Version } from './version.js';
import type { WorkInProgress } from './work-in-progress.js';

/** What is to be put, and where. */
export interface Draft {
  readonly root: string;
  readonly key: ArtifactKey;
  readonly body: ArtifactBody;
  readonly options: ArtifactPutOptions;
  readonly now: () => number;
}

/** Where a draft is written down. */
interface Places extends AsyncDisposable {
  readonly shard: Folder;
  readonly file: FileHandle;
  /** The sync that a new folder for the metadata takes. */
  readonly made: readonly Promise<void>[];
}

/** Syncing so much takes no longer than the rest of a turn, so that others may wait for it. */
const SMALL_BYTES = 1_048_576;

/** Writes a body down with its metadata, for good, and gives it its name. */
export async function putVersion(draft: Draft, progress: WorkInProgress): Promise<ArtifactInfo> {
  const source = progress.temporary.at(temporaryName(progress.ticket, 'data'));
  let isMoved = false;
  try {
    await using places = await openPlaces(progress, source);
    const version = await writeBody(draft, progress.ticket.id, places.file);
    const writing = { draft, progress, places, version };
    await using _turn = await syncAndTakeTurn(writing);
    isMoved = await publishVersion(writing, source);
    return infoOf(draft.root, version);
  } finally {
    if (!isMoved) await unlinkIfThere(source);
  }
}

interface Writing {
  readonly draft: Draft;
  readonly progress: WorkInProgress;
  readonly places: Places;
  readonly version: Version;
}

async function openPlaces({ base, ticket }: WorkInProgress, source: string): Promise<Places> {
  const made: Promise<void>[] = [];
  const later = (synced: Promise<void>): void => {
    made.push(synced);
    // Whoever waits for it hears of it; before that the write may have failed for another reason.
    synced.catch(() => undefined);
  };
  const [shard, file] = await Promise.allSettled([makeShard(base, ticket.keyHash, later), createExclusively(source)]);
  const close = async (): Promise<void> => {
    if (file.status === 'fulfilled') closeSoon(file.value);
    if (shard.status === 'fulfilled') await shard.value[Symbol.asyncDispose]();
  };
  if (shard.status === 'fulfilled' && file.status === 'fulfilled') {
    return { shard: shard.value, file: file.value, made, [Symbol.asyncDispose]: close };
  }
  await close();
  if (file.status === 'rejected') throw file.reason;
  throw shard.status === 'rejected' ? shard.reason : undefined;
}

async function writeBody({ key, body, options, now }: Draft, id: string, file: FileHandle): Promise<Version> {
  const sum = await spoolBody(body, options, async (block) => file.writeFile(block));
  const identity = identityOf(await file.stat({ bigint: true }));
  const { contentType, version, schemaVersion, expiresAt } = options;
  return { ...key, ...sum, identity, contentType, version, schemaVersion, createdAt: now(), expiresAt, id };
}

/** Data, metadata and its folder are synced side by side, which costs little more than one of them, and before anything has its name. */
async function syncAndTakeTurn({ draft, progress, places, version }: Writing): Promise<AsyncDisposable> {
  const { temporary, ticket } = progress;
  const { file, shard, made } = places;
  await progress.marked;
  const sync = (): Promise<void> => allDone([file.sync(), addVersion(shard, ticket.keyHash, version), ...made]);
  const take = (): Promise<AsyncDisposable> =>
    takeTurn(temporary, { ticket, uri: artifactUri(draft.key), signal: draft.options.signal });
  if (version.bytes > SMALL_BYTES) {
    await sync();
    return take();
  }
  const [synced, taken] = await Promise.allSettled([sync(), take()]);
  if (taken.status === 'rejected') throw synced.status === 'rejected' ? synced.reason : taken.reason;
  if (synced.status === 'fulfilled') return taken.value;
  await taken.value[Symbol.asyncDispose]();
  throw synced.reason;
}

/**
 * Nobody else changes the key between the look at what stands there and the step that replaces it. Tells whether the source was renamed: a link leaves it.
 */
async function publishVersion({ draft, progress, places, version }: Writing, source: string): Promise<boolean> {
  const { root, key, options, now } = draft;
  const { base, temporary, ticket } = progress;
  const uri = artifactUri(key);
  const conditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
  const standing = conditional ? await standingOf(root, key) : undefined;
  if (conditional) assertMayPut(uri, options, { standing, now: now() });
  const others = await versionsIn(places.shard, ticket.keyHash, (id) => id !== ticket.id);
  const twin = await findTwin(root, key, others);
  if (twin !== undefined) throw conflict(uri, `"${twin}" differs by case or spelling alone`, 'same-spelling');
  // A link never replaces, so a name that is to be new is so whatever else writes in the folder.
  const isNew = options.ifNoneMatch !== undefined && standing === undefined;
  await publish({ root: base, key, source, isNew });
  const replaced = { published: version, keyHash: ticket.keyHash, others };
  if (await sweepReplaced(base, { shard: places.shard, temporary }, replaced)) progress.sweptAlready();
  return !isNew;
}
