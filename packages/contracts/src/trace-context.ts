import { createError } from './plugin-error.js';

/** A place in a trace, as W3C trace context level 1 writes it. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Whether the caller may have recorded it. */
  readonly sampled: boolean;
}

// https://www.w3.org/TR/trace-context-1/#traceparent-header
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const SAMPLED = 1;
const MAX_LENGTH = 512;

/**
 * Reads a `traceparent`, or answers `undefined` for what is none: upper case, ids of zeros, version `ff`, more fields than version `00` has. Of a later
 * version the fields that it has in common are read, and what follows them is passed over. Never throws.
 */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (isZero(traceId) || isZero(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Writes a `traceparent` of version `00`, sampled where nothing else is said. Throws `ERR_INVALID_ARGUMENT` for ids that are none. */
export function formatTraceparent(context: Omit<TraceContext, 'sampled'> & Partial<TraceContext>): string {
  const { traceId, spanId, sampled = true } = context;
  const text = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  if (parseTraceparent(text) !== undefined) return text;
  throw createError('ERR_INVALID_ARGUMENT', 'the ids make no traceparent', {
    hint: 'give 32 lower-case hex digits for traceId and 16 for spanId, neither of zeros alone',
  });
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
