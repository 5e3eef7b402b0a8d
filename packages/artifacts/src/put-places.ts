import type { ArtifactKey } from '@kb-labs/contracts';
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
  /** That of the name, where it is there already. */
  readonly target: Promise<Folder | undefined>;
  /** Folders that others were made in, to be synced. */
  readonly made: readonly Folder[];
}

/** Begins to open them, below a store's own folder. */
export function openPutPlaces(key: ArtifactKey, base: Folder, { keyHash }: Ticket): PutPlaces {
  const held = new HeldOpen();
  const made: Folder[] = [];
  const later = (parent: Folder): void => {
    made.push(parent);
    void held.folder(Promise.resolve(parent));
  };
  const shard = held.folder(makeShard(base, keyHash, later));
  const { segments } = placeOf(key);
  // What stands in its way is for whoever publishes to say.
  const target = openFolder({ root: base, segments, create: false }).catch(() => undefined);
  return { shard, target: held.folder(target), made, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
}
