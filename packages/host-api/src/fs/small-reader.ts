import { requireFits } from './file-bytes.js';
import type { ReadLimits, Stops } from './file-bytes.js';
import { throwIfStopped } from '../host-function.js';
import type { OpenFile } from './open-directory.js';

/** Files of fewer bytes. Each run that reads one keeps so much memory. */
const SMALL_BYTES = 16_384;

/**
 * Reads a small file whole and at once, charged as a `Reading` charges it. What comes back lies in memory that the next file is read into. `undefined`, with nothing
 * read or charged, where the file is not small, is none of a known size, or changes while it is read: that takes a `Reading`.
 */
export type SmallReader = (file: OpenFile, context: Stops) => Uint8Array | undefined;

/** Makes the reader of one run. Memory of each file's own, and the promises of a `Reading`, would take a fifth of the time of a small read. */
export function createSmallReader({ meter, maxBytes }: ReadLimits): SmallReader {
  let memory: Uint8Array | undefined;
  return (file, context) => {
    const size = Number(file.stats.size);
    // Those of /proc say that they have none.
    if (size === 0 || size >= SMALL_BYTES) return undefined;
    requireFits(size, maxBytes);
    throwIfStopped(context);
    const reserved = meter.reserve('maxBytesRead', size);
    memory ??= new Uint8Array(SMALL_BYTES);
    let isWhole = false;
    try {
      // There is room for more than it should have, so that growth is seen.
      isWhole = file.readAtStart(memory) === size;
    } finally {
      if (isWhole) reserved.commit();
      else reserved.giveBack();
    }
    // Of what other files left behind it nothing is handed on.
    return isWhole ? memory.subarray(0, size) : undefined;
  };
}
