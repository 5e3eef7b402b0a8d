import { exceedsJsonBounds } from './json-bounds.js';
import type { WireLimits } from './limits.js';
import type { EncodedValue, WireValue } from './wire-value.js';

// Captured before a plugin's code can replace them.
const { parse, stringify } = JSON;
const { apply } = Reflect;
const { forEach } = Array.prototype;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const HEADER_BYTES = 8;
const LENGTH_BYTES = 4;

/** Thrown for bytes that are no frame, or too much of one. What comes after them cannot be trusted. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/**
 * One frame: the length of all that follows and the length of the JSON in it (unsigned 32-bit, big-endian), the JSON (`[message, sizes]`,
 * UTF-8), then the binary parts one behind the other.
 */
export function encodeFrame(message: EncodedValue): Uint8Array {
  const json = encoder.encode(stringify([message.json, message.binary.map((part) => part.byteLength)]));
  const binaryBytes = message.binary.reduce((sum, part) => sum + part.byteLength, 0);
  const frame = new Uint8Array(HEADER_BYTES + json.byteLength + binaryBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, LENGTH_BYTES + json.byteLength + binaryBytes);
  view.setUint32(LENGTH_BYTES, json.byteLength);
  frame.set(json, HEADER_BYTES);
  let offset = HEADER_BYTES + json.byteLength;
  const place = (part: Uint8Array): void => {
    frame.set(part, offset);
    offset += part.byteLength;
  };
  apply(forEach, message.binary, [place]);
  return frame;
}

/** The size that a frame has on the wire, and its JSON part alone. */
export function measureFrame(frame: Uint8Array): { readonly jsonBytes: number; readonly binaryBytes: number } {
  const jsonBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(LENGTH_BYTES);
  return { jsonBytes, binaryBytes: frame.byteLength - HEADER_BYTES - jsonBytes };
}

/** Makes messages of a stream of bytes. It keeps the unfinished rest, and looks at nothing but the frame. */
export interface FrameDecoder {
  /** Takes bytes as they come, in pieces of any size, and returns the messages that are complete. Throws `FrameError`, and from then on always. */
  push(bytes: Uint8Array): EncodedValue[];
  /** The same one by one, so that those before the first bad byte are had before the error. */
  read(bytes: Uint8Array): Iterable<EncodedValue>;
  /** Bytes of an unfinished frame. */
  readonly pendingBytes: number;
}

/** Makes a decoder that holds at most one frame of the allowed size, however slowly it drips in. */
export function createFrameDecoder(limits: WireLimits): FrameDecoder {
  const header = new Uint8Array(HEADER_BYTES);
  let headerBytes = 0;
  let body: Uint8Array | undefined;
  let bodyBytes = 0;
  let broken: FrameError | undefined;

  const take = (bytes: Uint8Array, messages: EncodedValue[]): number => {
    if (body === undefined) {
      const part = bytes.subarray(0, HEADER_BYTES - headerBytes);
      header.set(part, headerBytes);
      headerBytes += part.byteLength;
      if (headerBytes === HEADER_BYTES) body = new Uint8Array(checkHeader(header, limits));
      return part.byteLength;
    }
    const part = bytes.subarray(0, body.byteLength - bodyBytes);
    body.set(part, bodyBytes);
    bodyBytes += part.byteLength;
    if (bodyBytes === body.byteLength) {
      messages.push(parseBody(body, new DataView(header.buffer).getUint32(LENGTH_BYTES), limits));
      body = undefined;
      bodyBytes = 0;
      headerBytes = 0;
    }
    return part.byteLength;
  };

  function* read(bytes: Uint8Array): Generator<EncodedValue> {
    if (broken !== undefined) throw broken;
    const messages: EncodedValue[] = [];
    for (let offset = 0; offset < bytes.byteLength;) {
      try {
        offset += take(bytes.subarray(offset), messages);
      } catch (error) {
        broken = error instanceof FrameError ? error : new FrameError('unreadable frame', { cause: error });
        throw broken;
      }
      yield* messages.splice(0);
    }
  }

  return {
    read,
    push: (bytes) => [...read(bytes)],
    get pendingBytes() {
      return headerBytes + bodyBytes;
    },
  };
}

function checkHeader(header: Uint8Array, limits: WireLimits): number {
  const view = new DataView(header.buffer);
  const bodyBytes = view.getUint32(0) - LENGTH_BYTES;
  const jsonBytes = view.getUint32(LENGTH_BYTES);
  if (jsonBytes === 0 || jsonBytes > bodyBytes) throw new FrameError('the lengths of a frame do not agree');
  if (jsonBytes > limits.maxJsonBytes) {
    throw new FrameError(`${jsonBytes} bytes of JSON in a frame, ${limits.maxJsonBytes} allowed`);
  }
  if (bodyBytes - jsonBytes > limits.maxBinaryBytes) {
    throw new FrameError(`${bodyBytes - jsonBytes} raw bytes in a frame, ${limits.maxBinaryBytes} allowed`);
  }
  return bodyBytes;
}

function parseBody(body: Uint8Array, jsonBytes: number, limits: WireLimits): EncodedValue {
  const text = body.subarray(0, jsonBytes);
  const excess = isResult(text) ? exceedsJsonBounds(text, limits) : exceedsCallBounds(text, limits);
  if (excess !== undefined) throw new FrameError(excess);
  let parsed: unknown;
  try {
    parsed = parse(decoder.decode(text));
  } catch (error) {
    throw new FrameError('a frame that is not JSON', { cause: error });
  }
  if (!Array.isArray(parsed) || parsed.length !== 2 || !Array.isArray(parsed[1]))
    throw new FrameError('a frame without a message');
  const [json, sizes] = parsed as [WireValue, unknown[]];
  // A part is named by a mark of six characters that count.
  if (sizes.length > limits.maxElements / 3) throw new FrameError(`${sizes.length} parts in a frame`);
  return { json, binary: splitBinary(body.subarray(jsonBytes), sizes) };
}

const RESULT = encoder.encode('[{"t":"result"');

function isResult(text: Uint8Array): boolean {
  return RESULT.every((byte, index) => text[index] === byte);
}

type CallBounds = Pick<WireLimits, 'maxDepth' | 'maxCallElements' | 'maxCallJsonBytes'>;

function exceedsCallBounds(text: Uint8Array, limits: CallBounds): string | undefined {
  if (text.byteLength > limits.maxCallJsonBytes)
    return `${text.byteLength} bytes of JSON, ${limits.maxCallJsonBytes} allowed`;
  return exceedsJsonBounds(text, { maxDepth: limits.maxDepth, maxElements: limits.maxCallElements });
}

/** Why a frame that is no result would be refused, or `undefined`. */
export function refusesCallFrame(frame: Uint8Array, limits: CallBounds): string | undefined {
  return exceedsCallBounds(frame.subarray(HEADER_BYTES, HEADER_BYTES + measureFrame(frame).jsonBytes), limits);
}

function splitBinary(bytes: Uint8Array, sizes: readonly unknown[]): Uint8Array[] {
  let offset = 0;
  const parts = sizes.map((size) => {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) throw new FrameError('a part with no size');
    const part = bytes.subarray(offset, offset + size);
    offset += size;
    return part;
  });
  if (offset !== bytes.byteLength) throw new FrameError('the parts of a frame do not add up');
  return parts;
}
