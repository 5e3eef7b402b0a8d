import { createError, isPluginError } from '@kb-labs/contracts';
import type { QuotaMeter } from '@kb-labs/contracts';
import type { Response } from 'undici';
import { refuseOverlap } from '../refuse-overlap.js';
import { BODY_TIMEOUT } from './fetch-error.js';
import { withinTime } from './time-limit.js';

/** The body of a response, handed out in pieces. */
export interface Download {
  /** At most 64 KiB, or `null` at the end. Throws `ERR_OUTPUT_EXCEEDED` beyond `maxBytesFetched`. */
  read(): Promise<Uint8Array | null>;
}

/** What a body may cost, in bytes and in milliseconds between two pieces. */
export interface DownloadLimits {
  readonly meter: QuotaMeter;
  readonly bodyMs: number;
}

const CHUNK_BYTES = 65_536;

/**
 * Counts bytes as they come out of the decompressor, so that a small message cannot become a large one. Takes the next piece only
 * when it is asked for: what is not read stays with the server.
 */
export function createDownload(body: Response['body'], { meter, bodyMs }: DownloadLimits): Download {
  const reader = body?.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  const turn = refuseOverlap('net.readBody', 'await each chunk before the next');

  const next = async (): Promise<Uint8Array | null> => {
    while (rest.byteLength === 0) {
      if (reader === undefined) return null;
      const piece = await withinTime(reader.read(), { ms: bodyMs, code: BODY_TIMEOUT });
      if (piece.done) return null;
      rest = toBytes(piece.value);
      chargeFetched(meter, rest.byteLength);
    }
    const chunk = rest.subarray(0, CHUNK_BYTES);
    rest = rest.subarray(CHUNK_BYTES);
    return chunk;
  };

  return { read: () => turn.take(next) };
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw createError('ERR_INTERNAL', 'the network handed over something that is no bytes');
}

function chargeFetched(meter: QuotaMeter, bytes: number): void {
  try {
    meter.reserve('maxBytesFetched', bytes).commit();
  } catch (error) {
    if (!isPluginError(error) || error.code !== 'ERR_QUOTA_EXCEEDED') throw error;
    throw createError('ERR_OUTPUT_EXCEEDED', 'the response has more bytes than are left of maxBytesFetched', {
      details: { ...error.details },
      hint: error.hint ?? '',
    });
  }
}
