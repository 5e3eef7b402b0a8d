import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { OutgoingRequest } from './outgoing-request.js';

/** What a response says about where to go. */
export interface RedirectAnswer {
  readonly status: number;
  /** The `Location` header. */
  readonly location: string;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What tells a server who asks. Another origin is not told. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Whether a response with this status and header leads elsewhere. Without a `Location` it is an answer like any other. */
export function readRedirect(status: number, location: string | null): RedirectAnswer | undefined {
  return location !== null && REDIRECTS.has(status) ? { status, location } : undefined;
}

/**
 * The request that follows a redirect, by the rules of the Fetch standard: parsed, but not yet decided on. Throws
 * `ERR_PERMISSION_DENIED` from https to http and to anything that is neither, `ERR_FETCH_FAILED` where a streamed body would have to go twice.
 */
export function followRedirect(gate: Gate, request: OutgoingRequest, answer: RedirectAnswer): OutgoingRequest {
  const location = URL.parse(answer.location, request.target.href);
  if (location === null) throw createRedirectError(request, 'the Location of its redirect is no URL');
  const target = gate.parseUrl(location.href, 'redirect');
  if (request.target.scheme === 'https' && target.scheme === 'http') {
    throw gate.deny({ kind: 'net', url: target }, { operation: 'redirect', reason: 'scheme-refused' });
  }
  const isBodyDropped = dropsBody(request.method, answer.status);
  if (!isBodyDropped && request.body === 'stream') {
    throw createRedirectError(request, 'it was redirected, and a streamed body cannot be sent twice');
  }
  const isSameOrigin = target.origin === request.target.origin;
  return {
    target,
    method: isBodyDropped ? 'GET' : request.method,
    headers: request.headers.filter(
      ([name]) => (isSameOrigin || !CREDENTIALS.has(name)) && !(isBodyDropped && name.startsWith('content-')),
    ),
    body: isBodyDropped ? undefined : request.body,
  };
}

/** Made where a redirect cannot be followed. Names the host that redirected, not where to. */
export function createRedirectError({ target }: OutgoingRequest, problem: string): PluginError {
  return createError(
    'ERR_FETCH_FAILED',
    `fetch of ${target.scheme}://${target.host}:${target.port} failed: ${problem}`,
    {
      details: { errno: 'REDIRECT', host: target.host },
    },
  );
}

function dropsBody(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return method === 'POST' && (status === 301 || status === 302);
}
