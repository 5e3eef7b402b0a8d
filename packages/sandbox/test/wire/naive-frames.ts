import { exceedsJsonBounds } from '../../src/wire/json-bounds.js';
import type { WireLimits } from '../../src/wire/limits.js';
import type { EncodedValue, WireValue } from '../../src/wire/wire-value.js';

/** What a stream says: its messages up to the first bad byte, and whether there was one. */
export interface NaiveReading {
  readonly messages: readonly EncodedValue[];
  readonly isBroken: boolean;
}

/** Reads frames in the plainest way, from all bytes at once: what the decoder does in a hundred lines, to hold it against. */
export function readNaively(stream: Buffer, limits: WireLimits): NaiveReading {
  const messages: EncodedValue[] = [];
  let rest = stream;
  while (rest.length >= 8) {
    const jsonBytes = rest.readUInt32BE(4);
    const binaryBytes = rest.readUInt32BE(0) - 4 - jsonBytes;
    if (jsonBytes === 0 || binaryBytes < 0 || jsonBytes > limits.maxJsonBytes || binaryBytes > limits.maxBinaryBytes)
      return { messages, isBroken: true };
    if (rest.length < 8 + jsonBytes) break;
    const text = readText(rest.subarray(8, 8 + jsonBytes), binaryBytes, limits);
    if (text === undefined) return { messages, isBroken: true };
    if (rest.length < 8 + jsonBytes + binaryBytes) break;
    let at = 8 + jsonBytes;
    const binary = text.sizes.map((size) => Uint8Array.from(rest.subarray(at, (at += size))));
    messages.push({ json: text.json, binary });
    rest = rest.subarray(8 + jsonBytes + binaryBytes);
  }
  return { messages, isBroken: false };
}

function readText(
  bytes: Buffer,
  binaryBytes: number,
  limits: WireLimits,
): { readonly json: WireValue; readonly sizes: readonly number[] } | undefined {
  const isResult = bytes.toString('latin1').startsWith('[{"t":"result"');
  const maxElements = isResult ? limits.maxElements : limits.maxCallElements;
  if (!isResult && bytes.length > limits.maxCallJsonBytes) return undefined;
  if (exceedsJsonBounds(bytes, { maxDepth: limits.maxDepth, maxElements }) !== undefined) return undefined;
  try {
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (!Array.isArray(said) || said.length !== 2 || !Array.isArray(said[1])) return undefined;
    const [json, sizes] = said as [WireValue, number[]];
    if (isResult && Object(json).t !== 'result') return undefined;
    const areSizes = sizes.every((size) => Number.isInteger(size) && size >= 0);
    if (!areSizes || sizes.length > limits.maxElements / 3) return undefined;
    return sizes.reduce((sum, size) => sum + size, 0) === binaryBytes ? { json, sizes } : undefined;
  } catch {
    // No JSON, or no UTF-8.
    return undefined;
  }
}
