import { FrameError } from './frame.js';
import { exceedsJsonBounds } from './json-bounds.js';
import { HOST_FRAMES } from './limits.js';
import type { WireLimits } from './limits.js';
import type { WireValue } from './wire-value.js';

// Captured before a plugin's code can replace it.
const { parse } = JSON;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the JSON of a frame says: the message, and how large each of its binary parts is. */
export interface FrameText {
  readonly json: WireValue;
  readonly sizes: readonly number[];
}

/** Reads it. Throws `FrameError` for JSON beyond the bounds, for what is none, and for sizes that do not add up to the bytes there are. */
export function parseFrameText(text: Uint8Array, binaryBytes: number, limits: WireLimits): FrameText {
  const beginsAsResult = isResult(text);
  const excess = whyRefused(text, beginsAsResult, limits);
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
  // Of a name that stands there twice the second one counts.
  if (beginsAsResult && !isNamedResult(json)) throw new FrameError('a result that is none');
  // A part is named by a mark of six characters that count.
  if (sizes.length > limits.maxElements / 3) throw new FrameError(`${sizes.length} parts in a frame`);
  return { json, sizes: checkSizes(sizes, binaryBytes) };
}

function whyRefused(text: Uint8Array, isResultText: boolean, limits: WireLimits): string | undefined {
  // A guest's code is new to V8, which takes longer to count its order than to do all else with it.
  if (limits === HOST_FRAMES) return undefined;
  return isResultText ? exceedsJsonBounds(text, limits) : exceedsCallBounds(text, limits);
}

function checkSizes(sizes: readonly unknown[], binaryBytes: number): readonly number[] {
  let sum = 0;
  const checked = sizes.map((size) => {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) throw new FrameError('a part with no size');
    sum += size;
    return size;
  });
  if (sum !== binaryBytes) throw new FrameError('the parts of a frame do not add up');
  return checked;
}

const RESULT = new TextEncoder().encode('[{"t":"result"');

function isResult(text: Uint8Array): boolean {
  for (let index = 0; index < RESULT.length; index += 1) if (text[index] !== RESULT[index]) return false;
  return true;
}

function isNamedResult(json: WireValue): boolean {
  return typeof json === 'object' && json !== null && 't' in json && json.t === 'result';
}

/** What bounds a frame that is no result. */
export type CallBounds = Pick<WireLimits, 'maxDepth' | 'maxCallElements' | 'maxCallJsonBytes'>;

/** Why the JSON of such a frame would be refused, or `undefined`. */
export function exceedsCallBounds(text: Uint8Array, limits: CallBounds): string | undefined {
  if (text.byteLength > limits.maxCallJsonBytes)
    return `${text.byteLength} bytes of JSON, ${limits.maxCallJsonBytes} allowed`;
  return exceedsJsonBounds(text, { maxDepth: limits.maxDepth, maxElements: limits.maxCallElements });
}
