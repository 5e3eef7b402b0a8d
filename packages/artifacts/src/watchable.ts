import type { ArtifactStore, WatchableArtifactStore } from '@kb-labs/contracts';

/** Tells whether a store can tell of changes. */
export function isWatchable(store: ArtifactStore): store is WatchableArtifactStore {
  return 'watch' in store && typeof store.watch === 'function';
}
