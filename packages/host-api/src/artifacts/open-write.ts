import { createError } from '@kb-labs/contracts';
import type { ArtifactInfo, ArtifactWriteOptions, QuotaReservation } from '@kb-labs/contracts';
import type { ArtifactSession } from './artifact-session.js';
import { createDecisionNote } from './broker-decision.js';
import { createChunkPipe } from './chunk-pipe.js';

/** An artifact that a guest writes piece by piece. Nothing of it is seen before it is committed. */
export interface OpenWrite {
  readonly uri: string;
  readonly options: ArtifactWriteOptions;
  /** Resolves when the broker has allowed it and wants the first chunk; rejects with what it said instead. */
  readonly opened: Promise<void>;
  /** Resolves when the store has taken the chunk. One call at a time, of this and of `commit`. */
  write(chunk: Uint8Array): Promise<void>;
  /** `before` runs when no chunk is under way and none can come. */
  commit<Before>(before: (signal: AbortSignal) => Promise<Before>): Promise<{ info: ArtifactInfo; before: Before }>;
  /** Throws away what has come, and resolves when nothing is left of it. */
  discard(reason: unknown): Promise<void>;
}

/** Begins to write. Holds one of `maxArtifacts`, and of `maxArtifactBytes` what comes: kept if it is stored, given back once if not. */
export function startWrite(
  { access, gate }: ArtifactSession,
  { uri, options }: Pick<OpenWrite, 'uri' | 'options'>,
): OpenWrite {
  const held: QuotaReservation[] = [gate.meter.reserve('maxArtifacts', 1)];
  const note = createDecisionNote(gate, { operation: 'write', uri });
  const controller = new AbortController();
  const pipe = createChunkPipe();

  const store = async (): Promise<ArtifactInfo> => {
    try {
      const info = await access.writeStream(uri, pipe.body, { ...options, signal: controller.signal });
      for (const reservation of held) reservation.commit();
      note.allowed();
      pipe.fail(createEarlyEndError());
      return info;
    } catch (error) {
      for (const reservation of held) reservation.giveBack();
      note.failed(error);
      pipe.fail(error);
      throw error;
    }
  };
  const stored = store();
  // Whoever writes or commits next is told; where nobody does, nobody is missed.
  stored.catch(() => undefined);
  const inTurn = createTurn();
  return {
    uri,
    options,
    opened: Promise.race([pipe.wanted.then(note.allowed), stored.then(() => undefined)]),
    write: (chunk) =>
      inTurn(async () => {
        if (chunk.byteLength === 0) return;
        held.push(gate.meter.reserve('maxArtifactBytes', chunk.byteLength));
        await pipe.write(chunk);
      }),
    commit: (before) =>
      inTurn(async () => {
        const seen = await before(controller.signal);
        pipe.end();
        return { info: await stored, before: seen };
      }),
    async discard(reason) {
      controller.abort(reason);
      pipe.fail(reason);
      await stored.catch(() => undefined);
    },
  };
}

/** Chunks have an order only if each is awaited, so a second call does not wait for the first: it is refused. */
function createTurn(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let isBusy = false;
  return async (work) => {
    if (isBusy) throw createBusyError();
    isBusy = true;
    try {
      return await work();
    } finally {
      isBusy = false;
    }
  };
}

function createBusyError(): Error {
  return createError('ERR_INVALID_ARGUMENT', 'the chunk before this one still waits', {
    hint: 'await each chunk before the next, and the last one before the end',
  });
}

function createEarlyEndError(): Error {
  return createError('ERR_IO_FAILED', 'the store has ended the artifact before its end');
}
