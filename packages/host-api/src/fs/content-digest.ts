import { createHash } from 'node:crypto';
import type { OperationState } from '@kb-labs/contracts';

/** Beyond so many bytes a content is told by its size alone. */
export const MAX_DIGEST_BYTES = 1_048_576;

/** Tells the content of a file, as it goes by: its bytes are counted, and the first 1 MiB of them are hashed. */
export interface ContentDigest {
  add(bytes: Uint8Array): void;
  /** What was added so far; more may be added after it. `sha256` is `undefined` beyond 1 MiB. */
  state(): OperationState;
}

/** Begins with nothing. */
export function createContentDigest(): ContentDigest {
  const hash = createHash('sha256');
  let total = 0;
  return {
    add(bytes) {
      total += bytes.byteLength;
      if (total <= MAX_DIGEST_BYTES) hash.update(bytes);
    },
    state() {
      const sha256 = total <= MAX_DIGEST_BYTES ? hash.copy().digest('hex') : undefined;
      return Object.freeze({ kind: 'file', bytes: total, sha256 });
    },
  };
}
