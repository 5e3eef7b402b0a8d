import { binaryBytesOf, copyBytes, copyParts, frameText, HEADER_BYTES, writeHeader } from './frame.js';
import type { EncodedValue } from './wire-value.js';

const encoder = new TextEncoder();

/** Frames are put together in pieces of memory of this size. */
const SLAB_BYTES = 16_384;
/** Longer text is encoded by itself, to know how many bytes it takes. */
const SHORT_TEXT = 2_048;
/** Bytes that UTF-8 takes for one unit of text, at the most. */
const MAX_BYTES_PER_UNIT = 3;

/** Memory in which frames are put together, one behind the other. No byte of it is used twice, so that what has left may be kept. */
export interface FrameSlab {
  /** Writes a frame, with its binary parts where `hasParts` says so, or nothing of it where it is refused: then it returns the reason. */
  put(message: EncodedValue, options: PutOptions): string | undefined;
  /** Hands over what was written since the last time. */
  flush(): void;
}

/** What of a frame is written, and who looks at it before. */
interface PutOptions {
  /** Whether the binary parts are copied as well. The header counts them in either case. */
  readonly hasParts: boolean;
  readonly refuse: Refuse | undefined;
}

/** Finds a reason against a frame in its JSON, or in how many bytes are beside it. */
export type Refuse = (json: Uint8Array, binaryBytes: number) => string | undefined;

/**
 * Makes it. `leave` gets views of memory that holds frames alone, and is never written to again. Where a full slab would have to leave and `hasRoom` says
 * no, `put` throws a `RangeError`, and nothing is written.
 */
export function createFrameSlab(leave: (frames: Uint8Array) => void, hasRoom: () => boolean): FrameSlab {
  let slab = new Uint8Array(0);
  let start = 0;
  let end = 0;

  const flush = (): void => {
    if (start === end) return;
    const frames = new Uint8Array(slab.buffer, start, end - start);
    start = end;
    leave(frames);
  };
  const reserve = (bytes: number): void => {
    if (slab.length - end >= bytes) return;
    if (!hasRoom()) throw new RangeError('Maximum call stack size exceeded');
    flush();
    slab = new Uint8Array(Math.max(SLAB_BYTES, bytes));
    start = 0;
    end = 0;
  };
  const putText = (text: string, room: number): number => {
    if (text.length <= SHORT_TEXT) {
      reserve(HEADER_BYTES + text.length * MAX_BYTES_PER_UNIT + room);
      return encoder.encodeInto(text, new Uint8Array(slab.buffer, end + HEADER_BYTES)).written;
    }
    const json = encoder.encode(text);
    reserve(HEADER_BYTES + json.length + room);
    copyBytes(json, slab, end + HEADER_BYTES);
    return json.length;
  };
  return {
    flush,
    put(message, { hasParts, refuse }) {
      const binaryBytes = binaryBytesOf(message);
      const jsonBytes = putText(frameText(message), hasParts ? binaryBytes : 0);
      const textStart = end + HEADER_BYTES;
      const refused = refuse?.(new Uint8Array(slab.buffer, textStart, jsonBytes), binaryBytes);
      if (refused !== undefined) return refused;
      writeHeader(slab, end, { jsonBytes, binaryBytes });
      const textEnd = textStart + jsonBytes;
      if (hasParts) copyParts(message, slab, textEnd);
      end = hasParts ? textEnd + binaryBytes : textEnd;
      return undefined;
    },
  };
}
