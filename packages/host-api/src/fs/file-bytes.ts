import { createError } from '@kb-labs/contracts';
import type { QuotaMeter } from '@kb-labs/contracts';
import { charge } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext } from '../host-function.js';
import { joinBytes } from '../join-bytes.js';
import type { OpenFile } from './open-directory.js';

/** Bytes between two looks at the abort signal. */
const CHUNK_BYTES = 1_048_576;

/** What reading is counted against. */
export interface ReadLimits {
  readonly meter: QuotaMeter;
  /** Bytes, or infinity. */
  readonly maxBytes: number;
}

/**
 * Reads a file to its end, chunk by chunk. Charges `maxBytesRead` by the size that the file has when opened, then by what it grew.
 * Throws `ERR_OUTPUT_EXCEEDED` by the size and by the bytes: a file may say one thing and give another.
 */
export async function* readChunks(
  file: OpenFile,
  limits: ReadLimits,
  context: Pick<CallContext, 'signal' | 'closing'>,
): AsyncGenerator<Uint8Array> {
  const size = Number(file.stats.size);
  requireFits(size, limits.maxBytes);
  using reserved = charge(limits.meter, 'maxBytesRead', size);
  for (let total = 0; ;) {
    throwIfStopped(context);
    // One byte more than is expected, so that growth is seen.
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, size - total) + 1));
    const count = await file.read(chunk);
    if (count === 0) {
      reserved.commit(Math.min(total, size));
      return;
    }
    const grown = Math.max(0, total + count - Math.max(size, total));
    total += count;
    requireFits(total, limits.maxBytes);
    if (grown > 0) limits.meter.reserve('maxBytesRead', grown).commit();
    yield chunk.subarray(0, count);
  }
}

/** Reads a file whole, as `readChunks` does. */
export async function readWhole(
  file: OpenFile,
  limits: ReadLimits,
  context: Pick<CallContext, 'signal' | 'closing'>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(file, limits, context)) chunks.push(chunk);
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : joinBytes(chunks);
}

/** Writes all bytes, from where the last writing ended. Stops between chunks once the call is over. */
export async function writeAll(
  file: OpenFile,
  bytes: Uint8Array,
  context: Pick<CallContext, 'signal' | 'closing'>,
): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    throwIfStopped(context);
    const chunk = bytes.subarray(offset, offset + CHUNK_BYTES);
    offset += await file.write(chunk);
  }
}

function requireFits(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw createError('ERR_OUTPUT_EXCEEDED', `the file has ${bytes} bytes or more, and one answer may have ${maxBytes}`, {
    details: { used: bytes, limit: maxBytes },
    hint: 'keep what a plugin reads at once in smaller files',
  });
}
