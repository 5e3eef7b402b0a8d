import type { WireLimits } from './limits.js';
import type { EncodedValue } from './wire-value.js';

// Captured before a plugin's code can replace it.
const { stringify } = JSON;
const { apply } = Reflect;
const { set } = Uint8Array.prototype;
const encoder = new TextEncoder();

/** Two lengths, of 32 bits each. */
export const HEADER_BYTES = 8;
const LENGTH_BYTES = 4;

/** Thrown for bytes that are no frame, or too much of one. What comes after them cannot be trusted. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** What the first bytes of a frame say of it. */
export interface FrameHeader {
  readonly jsonBytes: number;
  readonly binaryBytes: number;
}

/**
 * One frame: the length of all that follows and the length of the JSON in it (unsigned 32-bit, big-endian), the JSON (`[message, sizes]`,
 * UTF-8), then the binary parts one behind the other.
 */
export function encodeFrame(message: EncodedValue): Uint8Array {
  const json = encoder.encode(frameText(message));
  const frame = new Uint8Array(HEADER_BYTES + json.length + binaryBytesOf(message));
  writeHeader(frame, 0, { jsonBytes: json.length, binaryBytes: frame.length - HEADER_BYTES - json.length });
  copyBytes(json, frame, HEADER_BYTES);
  copyParts(message, frame, HEADER_BYTES + json.length);
  return frame;
}

/** The JSON of a frame. */
export function frameText({ json, binary }: EncodedValue): string {
  const sizes: number[] = [];
  for (let index = 0; index < binary.length; index += 1) sizes.push(binary[index]?.length ?? 0);
  return stringify([json, sizes]);
}

/** The bytes of its binary parts together. */
export function binaryBytesOf({ binary }: EncodedValue): number {
  let bytes = 0;
  for (let index = 0; index < binary.length; index += 1) bytes += binary[index]?.length ?? 0;
  return bytes;
}

/** Puts the binary parts there, one behind the other. */
export function copyParts({ binary }: EncodedValue, into: Uint8Array, start: number): void {
  let offset = start;
  for (let index = 0; index < binary.length; index += 1) {
    const part = binary[index];
    if (part === undefined) continue;
    copyBytes(part, into, offset);
    offset += part.length;
  }
}

/** Puts the bytes there, whatever a plugin's code has made of the method that does. */
export function copyBytes(bytes: Uint8Array, into: Uint8Array, start: number): void {
  apply(set, into, [bytes, start]);
}

/** Writes the two lengths there. */
export function writeHeader(into: Uint8Array, offset: number, { jsonBytes, binaryBytes }: FrameHeader): void {
  writeLength(into, offset, LENGTH_BYTES + jsonBytes + binaryBytes);
  writeLength(into, offset + LENGTH_BYTES, jsonBytes);
}

/** Reads the header that stands there. Throws `FrameError` for lengths that do not agree, or are beyond the limits. */
export function readHeader(bytes: Uint8Array, offset: number, limits: WireLimits): FrameHeader {
  const bodyBytes = readLength(bytes, offset) - LENGTH_BYTES;
  const jsonBytes = readLength(bytes, offset + LENGTH_BYTES);
  const binaryBytes = bodyBytes - jsonBytes;
  if (jsonBytes === 0 || binaryBytes < 0) throw new FrameError('the lengths of a frame do not agree');
  if (jsonBytes > limits.maxJsonBytes)
    throw new FrameError(`${jsonBytes} bytes of JSON in a frame, ${limits.maxJsonBytes} allowed`);
  if (binaryBytes > limits.maxBinaryBytes)
    throw new FrameError(`${binaryBytes} raw bytes in a frame, ${limits.maxBinaryBytes} allowed`);
  return { jsonBytes, binaryBytes };
}

function writeLength(into: Uint8Array, offset: number, length: number): void {
  into[offset] = length >>> 24;
  into[offset + 1] = length >>> 16;
  into[offset + 2] = length >>> 8;
  into[offset + 3] = length;
}

function readLength(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const low = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return ((high << 16) | low) >>> 0;
}
