import type { ContentDigest } from './content-digest.js';
import type { Place } from './file-tree.js';
import type { EntryStats } from './open-directory.js';

/** Remembers the digest of one file, so that a file that is added to again and again is not read again and again. */
export interface DigestMemory {
  /** The digest, where the file is by all its facts as it was left. */
  recall(place: Place): ContentDigest | undefined;
  /** Takes the place of what was remembered before. Remembers nothing where the file is not as long as the digest. */
  keep(place: Place, digest: ContentDigest): void;
}

/** Begins with nothing. */
export function createDigestMemory(): DigestMemory {
  let kept: { readonly stats: EntryStats; readonly digest: ContentDigest } | undefined;
  return {
    recall({ directory, name }) {
      if (kept === undefined) return undefined;
      const stats = directory.look(name);
      return stats !== undefined && isSame(stats, kept.stats) ? kept.digest : undefined;
    },
    keep({ directory, name }, digest) {
      const stats = directory.look(name);
      const isWhole = stats !== undefined && Number(stats.size) === digest.state().bytes;
      kept = isWhole ? { stats, digest } : undefined;
    },
  };
}

function isSame(now: EntryStats, then: EntryStats): boolean {
  return now.dev === then.dev && now.ino === then.ino && now.size === then.size && now.mtimeNs === then.mtimeNs;
}
