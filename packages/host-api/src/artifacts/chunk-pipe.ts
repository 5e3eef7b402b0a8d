import { createError } from '@kb-labs/contracts';

/** Hands chunks from one side to the other, one at a time, and keeps none. */
export interface ChunkPipe {
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves when the other side asks for the first time. */
  readonly wanted: Promise<void>;
  /** Resolves when the other side has taken the chunk, rejects with what `fail` was told. One at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** There is no more to come. */
  end(): void;
  /** Ends both sides, wherever they stand. The first error counts. */
  fail(error: unknown): void;
}

interface Waiting<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

type Step = IteratorResult<Uint8Array, undefined>;

/** Makes a pipe of no length. */
export function createChunkPipe(): ChunkPipe {
  const { promise: wanted, resolve: want } = Promise.withResolvers<void>();
  let reader: Waiting<Step> | undefined;
  let writer: (Waiting<void> & { readonly chunk: Uint8Array }) | undefined;
  let end: { readonly error: unknown } | 'ended' | undefined;

  const next = async (): Promise<Step> => {
    want();
    if (writer !== undefined) {
      const { chunk, resolve } = writer;
      writer = undefined;
      resolve();
      return { done: false, value: chunk };
    }
    if (end === 'ended') return { done: true, value: undefined };
    if (end !== undefined) throw end.error;
    return new Promise((resolve, reject) => {
      reader = { resolve, reject };
    });
  };

  return {
    body: { [Symbol.asyncIterator]: () => ({ next }) },
    wanted,
    async write(chunk) {
      if (end !== undefined) throw end === 'ended' ? createEndedError() : end.error;
      if (reader === undefined) {
        await new Promise<void>((resolve, reject) => {
          writer = { chunk, resolve, reject };
        });
        return;
      }
      const { resolve } = reader;
      reader = undefined;
      resolve({ done: false, value: chunk });
    },
    end() {
      end ??= 'ended';
      reader?.resolve({ done: true, value: undefined });
      reader = undefined;
    },
    fail(error) {
      if (end === undefined || end === 'ended') end = { error };
      reader?.reject(error);
      writer?.reject(error);
      reader = undefined;
      writer = undefined;
    },
  };
}

function createEndedError(): Error {
  return createError('ERR_INVALID_ARGUMENT', 'the write has been ended: it takes no more chunks', {
    hint: 'open another write for what comes later',
  });
}
