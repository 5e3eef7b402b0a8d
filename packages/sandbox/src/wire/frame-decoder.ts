import { copyBytes, FrameError, HEADER_BYTES, readHeader } from './frame.js';
import type { FrameHeader } from './frame.js';
import { parseFrameText } from './frame-text.js';
import type { FrameText } from './frame-text.js';
import type { WireLimits } from './limits.js';
import type { EncodedValue } from './wire-value.js';

/** Makes messages of a stream of bytes. It keeps the unfinished rest, and looks at nothing but the frame. */
export interface FrameDecoder {
  /** Takes bytes as they come, in pieces of any size, and returns the messages that are complete. Throws `FrameError`, and from then on always. */
  push(bytes: Uint8Array): EncodedValue[];
  /** The same one by one, so that those before the first bad byte are had before the error. */
  read(bytes: Uint8Array, take: (message: EncodedValue) => void): void;
  /** Bytes of an unfinished frame. */
  readonly pendingBytes: number;
}

/**
 * Makes a decoder that holds at most one frame of the allowed size, however slowly it drips in. Each binary part of a message is in memory
 * of its own, and of nobody else's: none keeps a piece alive that it came in.
 */
export function createFrameDecoder(limits: WireLimits): FrameDecoder {
  let broken: FrameError | undefined;
  let rest: PartialFrame | undefined;

  const step = (bytes: Uint8Array, offset: number): Step => {
    const whole = rest === undefined ? readWhole(bytes, offset, limits) : undefined;
    if (whole !== undefined) return whole;
    rest ??= createPartialFrame(limits);
    const made = rest.fill(bytes, offset);
    if (made.message !== undefined) rest = undefined;
    return made;
  };
  const read = (bytes: Uint8Array, take: (message: EncodedValue) => void): void => {
    if (broken !== undefined) throw broken;
    for (let offset = 0; offset < bytes.length;) {
      let made: Step;
      try {
        made = step(bytes, offset);
      } catch (error) {
        rest = undefined;
        broken = error instanceof FrameError ? error : new FrameError('unreadable frame', { cause: error });
        throw broken;
      }
      offset = made.offset;
      if (made.message !== undefined) take(made.message);
    }
  };
  return {
    read,
    push(bytes) {
      const messages: EncodedValue[] = [];
      read(bytes, (message) => messages.push(message));
      return messages;
    },
    get pendingBytes() {
      return rest?.bytes() ?? 0;
    },
  };
}

/** How far the reading has come, and the message that ended there. */
interface Step {
  readonly offset: number;
  readonly message: EncodedValue | undefined;
}

/** A frame that lies whole in these bytes, as most do, is read where it lies. */
function readWhole(bytes: Uint8Array, start: number, limits: WireLimits): Step | undefined {
  if (bytes.length - start < HEADER_BYTES) return undefined;
  const { jsonBytes, binaryBytes } = readHeader(bytes, start, limits);
  const textEnd = start + HEADER_BYTES + jsonBytes;
  const end = textEnd + binaryBytes;
  if (end > bytes.length) return undefined;
  const { json, sizes } = parseFrameText(viewOf(bytes, start + HEADER_BYTES, textEnd), binaryBytes, limits);
  let offset = textEnd;
  const binary = sizes.map((size) => new Uint8Array(viewOf(bytes, offset, (offset += size))));
  return { offset: end, message: { json, binary } };
}

interface PartialFrame {
  /** Takes as much as belongs to one piece of the frame. */
  fill(bytes: Uint8Array, offset: number): Step;
  /** Bytes that it holds. */
  bytes(): number;
}

function createPartialFrame(limits: WireLimits): PartialFrame {
  const pieces = [createPiece(HEADER_BYTES)];
  let header: FrameHeader | undefined;
  let text: FrameText | undefined;
  let held = 0;
  /** The piece that is being filled: the header, the JSON, then each binary part. */
  let at = 0;

  const enter = (filled: Uint8Array): void => {
    if (header === undefined) {
      header = readHeader(filled, 0, limits);
      pieces.push(createPiece(header.jsonBytes));
    } else if (text === undefined) {
      text = parseFrameText(filled, header.binaryBytes, limits);
      for (const size of text.sizes) pieces.push(createPiece(size));
    }
  };
  return {
    fill(bytes, offset) {
      const piece = pieces[at];
      const taken = piece?.fill(bytes, offset) ?? 0;
      held += taken;
      // A part may have no bytes at all, and is full before it is looked at.
      for (let filled = pieces[at]; filled?.isFull() === true; filled = pieces[at]) {
        enter(filled.bytes);
        at += 1;
      }
      const isWhole = text !== undefined && at === pieces.length;
      const binary = isWhole ? pieces.slice(2).map((part) => part.bytes) : [];
      return {
        offset: offset + taken,
        message: isWhole && text !== undefined ? { json: text.json, binary } : undefined,
      };
    },
    bytes: () => held,
  };
}

interface Piece {
  readonly bytes: Uint8Array;
  /** Answers how many bytes it took. */
  fill(bytes: Uint8Array, offset: number): number;
  isFull(): boolean;
}

function createPiece(size: number): Piece {
  const bytes = new Uint8Array(size);
  let filled = 0;
  return {
    bytes,
    fill(from, offset) {
      const count = Math.min(size - filled, from.length - offset);
      copyBytes(viewOf(from, offset, offset + count), bytes, filled);
      filled += count;
      return count;
    },
    isFull: () => filled === size,
  };
}

/** Not `subarray`, which asks the bytes for their class and makes a `Buffer` of a `Buffer`. */
function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
