import type { ArtifactKey } from '@kb-labs/contracts';
import { allDone } from './all-done.js';
import { placeOf } from './current-version.js';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { HeldOpen } from './held-open.js';
import type { Ticket } from './ticket.js';
import { makeShard } from './version-index.js';

/** The folders that a put writes to, beside that of temporary files. Disposing waits until all are open, and closes them. */
export interface PutPlaces extends AsyncDisposable {
  /** That of the metadata. Made where it is missing. */
  readonly shard: Promise<Folder>;
  /** That of the name, where it is there already, and the change is a brief one. */
  readonly target: Promise<Folder | undefined>;
  /** Makes folders that were made for it outlast a loss of power. Once; disposing does so where nobody has. */
  readonly syncMade: () => Promise<void>;
}

/** For which change. `isBrief`: it publishes within a moment, and asks for `syncMade` where that goes well with other syncs. */
export interface PutPlacesRequest {
  readonly base: Folder;
  readonly ticket: Ticket;
  readonly isBrief: boolean;
}

/** Begins to open them, below a store's own folder. */
export function openPutPlaces(key: ArtifactKey, { base, ticket, isBrief }: PutPlacesRequest): PutPlaces {
  const held = new HeldOpen();
  const made: Folder[] = [];
  const later = (parent: Folder): void => {
    made.push(parent);
    void held.folder(Promise.resolve(parent));
  };
  const shard = held.folder(makeShard(base, ticket.keyHash, later));
  let synced: Promise<void> | undefined;
  // Others find these folders there, and publish in them: they are synced soon, whatever becomes of this put.
  const syncMade = (): Promise<void> => (synced ??= allDone(made.map((each) => each.sync())));
  if (!isBrief) void held.until(shard.then(syncMade));
  const { segments } = placeOf(key);
  // What stands in its way is for whoever publishes to say. Where that is long from now, another folder may have the name by then.
  const target = isBrief
    ? openFolder({ root: base, segments, create: false }).catch(() => undefined)
    : Promise.resolve(undefined);
  return {
    shard,
    target: held.folder(target),
    syncMade,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([shard.then(syncMade, syncMade)]);
      await held[Symbol.asyncDispose]();
    },
  };
}
