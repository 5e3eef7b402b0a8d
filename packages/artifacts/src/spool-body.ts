import { createHash } from 'node:crypto';
import type { ArtifactPutOptions } from '@kb-labs/contracts';
import { piecesOf } from './body.js';
import type { ArtifactBody, BodySum } from './body.js';
import { tooLarge } from './store-errors.js';
import { throwIfAborted } from './until-aborted.js';

/** So that the thread that hashes begins few writes: blocks of 256 KiB took 1.3 times as long for 100 MiB. */
const BLOCK_BYTES = 1_048_576;
/** What a stream has until it was full once: most are short, and a guest may have many open that say nothing. */
const FIRST_BYTES = 65_536;

/**
 * Writes a body in blocks of 1 MiB and sums it up; while one is written it is hashed, and the next one is filled. The first of a stream has 64 KiB, so that
 * a short one takes no more memory; a long one takes 2 MiB. `write` gets one block at a time, which keeps still until the write has ended. Throws
 * `ERR_ARTIFACT_TOO_LARGE` before a byte too many is written, and ends with the signal even where the body never does, but never before the last write has.
 */
export async function spoolBody(
  body: ArtifactBody,
  options: Pick<ArtifactPutOptions, 'maxBytes' | 'signal'>,
  write: (block: Buffer) => Promise<void>,
): Promise<BodySum> {
  const blocks = new Blocks(write, body instanceof Uint8Array ? Math.min(body.byteLength, BLOCK_BYTES) : FIRST_BYTES);
  // A body that has nothing more to say for an hour must not keep a full disk secret for as long.
  const signal = body instanceof Uint8Array ? options.signal : AbortSignal.any([options.signal, blocks.failed]);
  try {
    for await (const chunk of piecesOf(body, signal)) {
      if (blocks.bytes + chunk.byteLength > options.maxBytes) throw tooLarge(options.maxBytes);
      for (let taken = 0; taken < chunk.byteLength;) {
        taken += blocks.fill(chunk.subarray(taken));
        if (blocks.isFull) await blocks.flush();
        throwIfAborted(options.signal);
      }
    }
    return await blocks.end();
  } catch (error) {
    await blocks.settle();
    throw blocks.error ?? error;
  }
}

/** Two blocks: one is filled while the other is written. */
class Blocks {
  readonly #write: (block: Buffer) => Promise<void>;
  #size: number;
  readonly #hash = createHash('sha256');
  readonly #broken = new AbortController();
  #filling: Buffer | undefined;
  #spare: Buffer | undefined;
  #used = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Filled in so far. */
  bytes = 0;
  /** What a write threw. */
  error: unknown;

  constructor(write: (block: Buffer) => Promise<void>, first: number) {
    this.#write = write;
    this.#size = first;
  }

  get failed(): AbortSignal {
    return this.#broken.signal;
  }

  get isFull(): boolean {
    return this.#used === this.#size;
  }

  /** Copies what there is room for, so that what is hashed is what is written, whoever else holds the memory. Tells how much that was. */
  fill(chunk: Uint8Array): number {
    this.#filling ??= Buffer.allocUnsafeSlow(this.#size);
    const part = chunk.subarray(0, this.#size - this.#used);
    this.#filling.set(part, this.#used);
    this.#used += part.byteLength;
    this.bytes += part.byteLength;
    return part.byteLength;
  }

  /** Begins to write what is filled, once the write before has ended, and hashes it meanwhile. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.error !== undefined) throw this.error;
    const full = this.#filling;
    if (full === undefined || this.#used === 0) return;
    const block = full.subarray(0, this.#used);
    this.#writing = this.#write(block).catch((error: unknown) => {
      this.error = error;
      this.#broken.abort(error);
    });
    this.#hash.update(block);
    // There is more to come than the first one held: it is not used again.
    if (this.isFull) this.#size = BLOCK_BYTES;
    this.#filling = this.#spare;
    this.#spare = full.byteLength === this.#size ? full : undefined;
    this.#used = 0;
  }

  async end(): Promise<BodySum> {
    await this.flush();
    await this.settle();
    if (this.error !== undefined) throw this.error;
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    await this.#writing;
  }
}
