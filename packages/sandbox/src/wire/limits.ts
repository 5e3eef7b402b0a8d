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
  /** The same two for everything but a result, of which there is one: what may come again and again must be cheap to read. */
  readonly maxCallJsonBytes: number;
  readonly maxCallElements: number;
}

/** Digits of all long BigInts in a message together, with their signs: parsing one takes time in the square of its length. */
export const MAX_BIGINT = 65_536;
/** Digits up to which a BigInt is not long. */
export const SHORT_BIGINT = 128;
/** Errors in a message: each takes as long to make as fifty plain objects. */
export const MAX_ERRORS = 1_000;

/** For what a guest reads of its host, which it trusts: a host that sends what it should not is a bug, so nothing of it is counted. */
export const HOST_FRAMES: WireLimits = Object.freeze({
  maxJsonBytes: 0xff_ff_ff_ff,
  maxBinaryBytes: 0xff_ff_ff_ff,
  maxDepth: Number.POSITIVE_INFINITY,
  maxElements: Number.POSITIVE_INFINITY,
  maxCallJsonBytes: 0xff_ff_ff_ff,
  maxCallElements: Number.POSITIVE_INFINITY,
});

/** 1 MiB of JSON, 16 MiB of bytes, 64 levels, 200 000 elements in a result and 20 000 in anything else. */
export const DEFAULT_WIRE_LIMITS: WireLimits = Object.freeze({
  maxJsonBytes: 1_048_576,
  maxBinaryBytes: MAX_MESSAGE_BYTES,
  maxDepth: 64,
  maxElements: 200_000,
  maxCallJsonBytes: 1_048_576,
  maxCallElements: 20_000,
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
