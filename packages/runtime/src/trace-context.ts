import { randomBytes } from 'node:crypto';

// https://www.w3.org/TR/trace-context/#traceparent-header
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/u;

/** The trace that a request belongs to: that of its `traceparent`, or a new one where there is none or it is malformed. */
export function traceIdOf(traceparent: string | undefined): string {
  const match = TRACEPARENT.exec(traceparent?.slice(0, 512) ?? '');
  const [, version, traceId, parentId, rest] = match ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined) return newTraceId();
  if (version === 'ff' || (version === '00' && rest !== undefined)) return newTraceId();
  if (/^0+$/u.test(traceId) || /^0+$/u.test(parentId)) return newTraceId();
  return traceId;
}

function newTraceId(): string {
  return randomBytes(16).toString('hex');
}
