import { MAX_MESSAGE_BYTES } from '@kb-labs/contracts';

/** What a decoder takes before it gives up with `ERR_PROTOCOL`. */
export interface WireLimits {
  /** Bytes of JSON in one frame: the part that costs time to parse. */
  readonly maxJsonBytes: number;
  /** Raw bytes in one frame: the part that costs memory alone. */
  readonly maxBinaryBytes: number;
  /** Levels of arrays and objects. */
  readonly maxDepth: number;
  /** Array elements and object members, all levels together. */
  readonly maxElements: number;
}

/** Digits of a BigInt, with its sign. */
export const MAX_BIGINT = 65_536;

/** 1 MiB of JSON, 16 MiB of bytes, 64 levels, 200 000 elements. */
export const DEFAULT_WIRE_LIMITS: WireLimits = Object.freeze({
  maxJsonBytes: 1_048_576,
  maxBinaryBytes: MAX_MESSAGE_BYTES,
  maxDepth: 64,
  maxElements: 200_000,
});

/** The limits under which a result of `maxResultBytes` fits, whichever part of the frame it needs. */
export function wireLimitsFor(maxResultBytes: number): WireLimits {
  const room = 65_536;
  return Object.freeze({
    ...DEFAULT_WIRE_LIMITS,
    maxJsonBytes: Math.max(DEFAULT_WIRE_LIMITS.maxJsonBytes, maxResultBytes + room),
    maxBinaryBytes: Math.max(DEFAULT_WIRE_LIMITS.maxBinaryBytes, maxResultBytes + room),
  });
}
