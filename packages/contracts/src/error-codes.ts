/** Every code that leaves the runtime. Callers compare codes, never messages; a code is never renamed or reused. */
export type ErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_MANIFEST_INVALID'
  | 'ERR_INPUT_INVALID'
  | 'ERR_OUTPUT_INVALID'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_PERMISSION_DENIED'
  | 'ERR_CAPABILITY_MISSING'
  | 'ERR_CONFINEMENT_TOO_WEAK'
  | 'ERR_HANDLER_NOT_FOUND'
  | 'ERR_HANDLER_FAILED'
  | 'ERR_QUEUE_TIMEOUT'
  | 'ERR_START_TIMEOUT'
  | 'ERR_TIMEOUT'
  | 'ERR_ABORTED'
  | 'ERR_CPU_EXCEEDED'
  | 'ERR_MEMORY_EXCEEDED'
  | 'ERR_OUTPUT_EXCEEDED'
  | 'ERR_QUOTA_EXCEEDED'
  | 'ERR_SANDBOX_CRASHED'
  | 'ERR_CRASH_LOOP'
  | 'ERR_PROTOCOL'
  | 'ERR_IO_FAILED'
  | 'ERR_FETCH_FAILED'
  | 'ERR_ARTIFACT_PATH_INVALID'
  | 'ERR_ARTIFACT_NOT_FOUND'
  | 'ERR_ARTIFACT_CONFLICT'
  | 'ERR_ARTIFACT_TOO_LARGE'
  | 'ERR_ARTIFACT_CORRUPT'
  | 'ERR_ARTIFACT_EXPIRED'
  | 'ERR_EVENT_DENIED'
  | 'ERR_EVENT_TOO_LARGE'
  | 'ERR_EVENT_TIMEOUT'
  | 'ERR_EVENT_OVERFLOW'
  | 'ERR_AUDIT_UNAVAILABLE'
  | 'ERR_INTERNAL';

/** What a code means to those who only pass the error on. */
export interface ErrorCodeFacts {
  /** The status that a web host would answer with (RFC 9110; 499 as nginx uses it for a caller that went away). */
  readonly http: number;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
}

/** What each code means to a web host and to a retry loop. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorCodeFacts>> = freezeEntries({
  ERR_CONFIG_INVALID: { http: 500, retryable: false },
  ERR_MANIFEST_INVALID: { http: 400, retryable: false },
  ERR_INPUT_INVALID: { http: 422, retryable: false },
  ERR_OUTPUT_INVALID: { http: 502, retryable: false },
  ERR_INVALID_ARGUMENT: { http: 400, retryable: false },
  ERR_PERMISSION_DENIED: { http: 403, retryable: false },
  ERR_CAPABILITY_MISSING: { http: 403, retryable: false },
  ERR_CONFINEMENT_TOO_WEAK: { http: 500, retryable: false },
  ERR_HANDLER_NOT_FOUND: { http: 404, retryable: false },
  ERR_HANDLER_FAILED: { http: 500, retryable: false },
  ERR_QUEUE_TIMEOUT: { http: 503, retryable: true },
  ERR_START_TIMEOUT: { http: 504, retryable: true },
  ERR_TIMEOUT: { http: 504, retryable: false },
  ERR_ABORTED: { http: 499, retryable: false },
  ERR_CPU_EXCEEDED: { http: 429, retryable: false },
  ERR_MEMORY_EXCEEDED: { http: 507, retryable: false },
  ERR_OUTPUT_EXCEEDED: { http: 413, retryable: false },
  ERR_QUOTA_EXCEEDED: { http: 429, retryable: false },
  ERR_SANDBOX_CRASHED: { http: 500, retryable: true },
  ERR_CRASH_LOOP: { http: 503, retryable: true },
  ERR_PROTOCOL: { http: 502, retryable: false },
  ERR_IO_FAILED: { http: 500, retryable: false },
  ERR_FETCH_FAILED: { http: 502, retryable: true },
  ERR_ARTIFACT_PATH_INVALID: { http: 400, retryable: false },
  ERR_ARTIFACT_NOT_FOUND: { http: 404, retryable: false },
  ERR_ARTIFACT_CONFLICT: { http: 409, retryable: false },
  ERR_ARTIFACT_TOO_LARGE: { http: 413, retryable: false },
  ERR_ARTIFACT_CORRUPT: { http: 500, retryable: false },
  ERR_ARTIFACT_EXPIRED: { http: 410, retryable: false },
  ERR_EVENT_DENIED: { http: 403, retryable: false },
  ERR_EVENT_TOO_LARGE: { http: 413, retryable: false },
  ERR_EVENT_TIMEOUT: { http: 504, retryable: true },
  ERR_EVENT_OVERFLOW: { http: 429, retryable: true },
  ERR_AUDIT_UNAVAILABLE: { http: 503, retryable: true },
  ERR_INTERNAL: { http: 500, retryable: false },
});

/** Tells whether a string is one of our codes. A guest's own `code` may be anything. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

function freezeEntries(codes: Record<ErrorCode, ErrorCodeFacts>): Readonly<Record<ErrorCode, ErrorCodeFacts>> {
  for (const facts of Object.values(codes)) Object.freeze(facts);
  return Object.freeze(codes);
}
