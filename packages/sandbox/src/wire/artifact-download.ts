import type { ArtifactReadOptions, GuestArtifactInfo, GuestArtifactStream } from '@kb-labs/contracts';
import type { GuestPort } from './guest-port.js';

/** What `artifacts.openRead` answers. */
interface OpenedArtifact {
  readonly id: number;
  readonly info: GuestArtifactInfo;
}

/** Opens an artifact for reading piece by piece. The host is asked for a piece when somebody reads, and told when nobody does any more. */
export async function downloadArtifact(
  port: GuestPort,
  uri: string,
  { signal, ...options }: ArtifactReadOptions,
): Promise<GuestArtifactStream> {
  signal?.throwIfAborted();
  // The host's own answer: this side trusts it.
  const { id, info } = (await port.call('artifacts.openRead', [uri, options], signal)) as OpenedArtifact;
  return { info, body: readChunks(port, id, signal) };
}

function readChunks(port: GuestPort, id: number, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let abort = (): void => undefined;
  const release = (): void => signal?.removeEventListener('abort', abort);
  const close = async (): Promise<void> => {
    release();
    await port.call('artifacts.closeRead', [id], undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => {
          controller.error(signal?.reason);
          // Whoever reads has the reason; the host closes at the end of the run in any case.
          void close().catch(() => undefined);
        };
        if (signal?.aborted === true) abort();
        else signal?.addEventListener('abort', abort);
      },
      async pull(controller) {
        let chunk: unknown;
        try {
          chunk = await port.call('artifacts.readChunk', [id], signal);
        } finally {
          // The end, good or bad: nobody has to be told of an abort any more.
          if (!(chunk instanceof Uint8Array)) release();
        }
        if (chunk instanceof Uint8Array) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: close,
    },
    // Nothing is read ahead of the reader.
    { highWaterMark: 0 },
  );
}
