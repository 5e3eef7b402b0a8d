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

/** What ends a reading before its end. */
export type Stops = Pick<CallContext, 'signal' | 'closing'>;

/** Reads a file to its end, chunk by chunk, as a `Reading` does. */
export async function* readChunks(file: OpenFile, limits: ReadLimits, context: Stops): AsyncGenerator<Uint8Array> {
  using reading = new Reading(file, limits);
  for (let chunk = await reading.next(context); chunk !== undefined; chunk = await reading.next(context)) yield chunk;
}

/** Reads a file whole, as a `Reading` does. */
export async function readWhole(file: OpenFile, limits: ReadLimits, context: Stops): Promise<Uint8Array> {
  using reading = new Reading(file, limits);
  const first = await reading.next(context);
  if (first === undefined) return new Uint8Array();
  const others: Uint8Array[] = [];
  for (let chunk = await reading.next(context); chunk !== undefined; chunk = await reading.next(context)) {
    others.push(chunk);
  }
  return others.length === 0 ? first : joinBytes([first, ...others]);
}

/**
 * One reading of a file. Charges `maxBytesRead` by the size that the file has when opened, then by what it grew. Throws
 * `ERR_OUTPUT_EXCEEDED` by the size and by the bytes: a file may say one thing and give another. Disposing gives back what was not read.
 */
class Reading implements Disposable {
  readonly #file: OpenFile;
  readonly #limits: ReadLimits;
  readonly #size: number;
  readonly #reserved: ReturnType<typeof charge>;
  #total = 0;
  #isOver = false;

  constructor(file: OpenFile, limits: ReadLimits) {
    this.#file = file;
    this.#limits = limits;
    this.#size = Number(file.stats.size);
    requireFits(this.#size, limits.maxBytes);
    this.#reserved = charge(limits.meter, 'maxBytesRead', this.#size);
  }

  /** `undefined` behind the end. */
  async next(context: Stops): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    throwIfStopped(context);
    const [size, total] = [this.#size, this.#total];
    // One byte more than is expected, so that growth is seen.
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, size - total) + 1));
    const count = await this.#file.read(chunk);
    const grown = Math.max(0, total + count - Math.max(size, total));
    this.#total += count;
    requireFits(this.#total, this.#limits.maxBytes);
    if (grown > 0) this.#limits.meter.reserve('maxBytesRead', grown).commit();
    // At its size, with room left for more: that was the end, and nobody needs to ask for it.
    this.#isOver = count === 0 || (this.#total === size && count < chunk.byteLength);
    if (this.#isOver) {
      throwIfStopped(context);
      this.#reserved.commit(Math.min(this.#total, size));
    }
    return count === 0 ? undefined : chunk.subarray(0, count);
  }

  [Symbol.dispose](): void {
    this.#reserved[Symbol.dispose]();
  }
}

/** Writes all bytes, from where the last writing ended. Stops between chunks once the call is over. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, context: Stops): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    throwIfStopped(context);
    const chunk = bytes.subarray(offset, offset + CHUNK_BYTES);
    offset += await file.write(chunk);
  }
}

/** Throws `ERR_OUTPUT_EXCEEDED` for more than one answer may have. */
export function requireFits(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw createError('ERR_OUTPUT_EXCEEDED', `the file has ${bytes} bytes or more, and one answer may have ${maxBytes}`, {
    details: { used: bytes, limit: maxBytes },
    hint: 'keep what a plugin reads at once in smaller files',
  });
}
