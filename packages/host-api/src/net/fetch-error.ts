import { createError, isPluginError } from '@kb-labs/contracts';
import type { NetTarget, PluginError } from '@kb-labs/contracts';

/** The code of a resolver that does not answer: a lookup is a part of connecting. */
export const LOOKUP_TIMEOUT = 'LOOKUP_TIMEOUT';
/** undici's own codes, also where we measure the time. */
export const HEADERS_TIMEOUT = 'UND_ERR_HEADERS_TIMEOUT';
export const BODY_TIMEOUT = 'UND_ERR_BODY_TIMEOUT';

const TIMEOUTS: Readonly<Record<string, string>> = {
  [LOOKUP_TIMEOUT]: 'connectMs',
  UND_ERR_CONNECT_TIMEOUT: 'connectMs',
  [HEADERS_TIMEOUT]: 'headersMs',
  [BODY_TIMEOUT]: 'bodyMs',
};

/** The limits that were in force, and how long the fetch had run. Milliseconds. */
export interface FetchTiming {
  readonly limits: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
}

/**
 * What a guest may know of a failed fetch: the host as asked for and the system's code. Messages of the network stack name
 * addresses, so none is passed on. `ERR_TIMEOUT` where the time was up, `ERR_FETCH_FAILED` for the rest.
 */
export function createFetchError(target: NetTarget, error: unknown, timing?: FetchTiming): PluginError {
  if (isPluginError(error)) return error;
  const code = codeOf(error, 0);
  const host = `${target.scheme}://${target.host}:${target.port}`;
  const timeout = Object.hasOwn(TIMEOUTS, code) ? TIMEOUTS[code] : undefined;
  if (timeout !== undefined && timing !== undefined) {
    const { elapsedMs, limits } = timing;
    return createError('ERR_TIMEOUT', `fetch of ${host} timed out: ${code}`, {
      details: { errno: code, host: target.host, elapsedMs: Math.round(elapsedMs), limitMs: limits[timeout] },
    });
  }
  return createError('ERR_FETCH_FAILED', `fetch of ${host} failed: ${code}`, {
    details: { errno: code, host: target.host },
  });
}

/** undici's "fetch failed" says nothing; the code is in its cause, or in the cause's. */
function codeOf(error: unknown, depth: number): string {
  if (!(error instanceof Error) || depth > 3) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/u.test(error.code))
    return error.code;
  return codeOf(error.cause, depth + 1);
}
