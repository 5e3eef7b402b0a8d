import { createError } from '@kb-labs/contracts';
import type { ArtifactAccess, ArtifactInfo, ArtifactWriteOptions, QuotaReservation } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import { createDecisionNote } from './broker-decision.js';
import type { DecisionNote } from './broker-decision.js';
import { createChunkPipe } from './chunk-pipe.js';

/** Where to write, and how it is to be kept. */
export interface OpenWriteTarget {
  readonly uri: string;
  readonly options: ArtifactWriteOptions;
}

/** Who decides and stores, and what counts it. */
export interface OpenWriteRoom {
  readonly access: ArtifactAccess;
  readonly gate: Gate;
}

/**
 * An artifact that a guest writes piece by piece. Holds one of `maxArtifacts`, and of `maxArtifactBytes` what has come: kept if it is stored,
 * given back once if not. Nothing of it is seen before it is committed.
 */
export class OpenWrite {
  readonly target: OpenWriteTarget;
  /** Resolves when the broker has allowed it and wants the first chunk; rejects with what it said instead. */
  readonly opened: Promise<void>;
  readonly #gate: Gate;
  readonly #note: DecisionNote;
  readonly #held: QuotaReservation[];
  readonly #controller = new AbortController();
  readonly #pipe = createChunkPipe();
  readonly #stored: Promise<ArtifactInfo>;
  #isBusy = false;

  constructor({ access, gate }: OpenWriteRoom, target: OpenWriteTarget) {
    this.target = target;
    this.#gate = gate;
    this.#note = createDecisionNote(gate, { operation: 'write', uri: target.uri });
    this.#held = [gate.meter.reserve('maxArtifacts', 1)];
    const options = { ...target.options, signal: this.#controller.signal };
    this.#stored = this.#store(() => access.writeStream(target.uri, this.#pipe.body, options));
    // Whoever writes or commits next is told; where nobody does, nobody is missed.
    this.#stored.catch(() => undefined);
    const wanted = this.#pipe.wanted.then(() => this.#note.allowed());
    this.opened = Promise.race([wanted, this.#stored.then(() => undefined)]);
  }

  /** Throws `ERR_INVALID_ARGUMENT` while a chunk or the end is under way: chunks have an order only if each is awaited. */
  assertIdle(): void {
    if (this.#isBusy) throw createBusyError();
  }

  /** Resolves when the store has taken the chunk. */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.byteLength === 0) return;
    const reserved = this.#gate.meter.reserve('maxArtifactBytes', chunk.byteLength);
    this.#held.push(reserved);
    this.#isBusy = true;
    try {
      await this.#pipe.write(chunk);
    } catch (error) {
      // The store may have failed before this chunk came, and given back all but this.
      reserved.giveBack();
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  /** `before` runs when no chunk is under way and none can come. */
  async commit<Before>(
    before: (signal: AbortSignal) => Promise<Before>,
  ): Promise<{ readonly info: ArtifactInfo; readonly before: Before }> {
    this.#isBusy = true;
    try {
      const seen = await before(this.#controller.signal);
      this.#pipe.end();
      return { info: await this.#stored, before: seen };
    } finally {
      this.#isBusy = false;
    }
  }

  /** Throws away what has come, and resolves when nothing is left of it. */
  async discard(reason: unknown): Promise<void> {
    this.#controller.abort(reason);
    this.#pipe.fail(reason);
    await this.#stored.catch(() => undefined);
  }

  async #store(write: () => Promise<ArtifactInfo>): Promise<ArtifactInfo> {
    try {
      const info = await write();
      this.#note.allowed();
      for (const reservation of this.#held) reservation.commit();
      this.#pipe.fail(createEarlyEndError());
      return info;
    } catch (error) {
      this.#note.failed(error);
      for (const reservation of this.#held) reservation.giveBack();
      this.#pipe.fail(error);
      throw error;
    }
  }
}

function createBusyError(): Error {
  return createError('ERR_INVALID_ARGUMENT', 'the chunk before this one still waits', {
    hint: 'await each chunk before the next, and the last one before the end',
  });
}

function createEarlyEndError(): Error {
  return createError('ERR_IO_FAILED', 'the store has ended the artifact before its end', {
    hint: 'look at the store of the host: it kept an artifact whose bytes were still to come',
  });
}
