import { createError } from '@kb-labs/contracts';
import type { NetTarget } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { parseRequestHeaders } from './request-headers.js';
import type { HeaderPair } from './request-headers.js';

const MAX_HEADERS = 128;
const MAX_HEADER_LENGTH = 16_384;
/** Ids above are the host's, for responses: see exchange.ts. */
export const MAX_REQUEST_ID = 0x7fff_ffff;

/** One request as it goes out, for one hop. */
export interface OutgoingRequest {
  readonly target: NetTarget;
  readonly method: string;
  readonly headers: readonly HeaderPair[];
  /** Nothing, bytes, or what is still to come. */
  readonly body: Uint8Array | 'stream' | undefined;
}

/** What a guest asked for, parsed but for the URL. */
export interface FetchArguments extends Omit<OutgoingRequest, 'target'> {
  readonly url: unknown;
  readonly redirect: 'follow' | 'manual' | 'error';
  /** Set where the body is streamed. */
  readonly requestId: number | undefined;
}

const fetchArguments = z.tuple([
  z.strictObject({
    url: z.unknown(),
    method: z.string().max(32).optional(),
    headers: z
      .array(z.tuple([z.string(), z.string().max(MAX_HEADER_LENGTH)]))
      .max(MAX_HEADERS)
      .optional(),
    body: z.union([z.instanceof(Uint8Array), z.string(), z.null()]).optional(),
    stream: z.boolean().optional(),
    requestId: z.int().min(1).max(MAX_REQUEST_ID).optional(),
    redirect: z.enum(['follow', 'manual', 'error']).optional(),
  }),
]);

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);
const CAPITALISED = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/** Parses the one argument of `net.fetch`; the URL is left to the gate. Throws `ERR_INVALID_ARGUMENT`. */
export function parseFetchArguments(args: readonly unknown[]): FetchArguments {
  const [init] = parseArguments('net.fetch', fetchArguments, args);
  const method = parseMethod(init.method ?? 'GET');
  const body = init.stream === true ? 'stream' : toBytes(init.body ?? undefined);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw createInitError(`a ${method} has no body`);
  if (init.stream === true && init.requestId === undefined) throw createInitError('a streamed body needs a requestId');
  if (init.stream === true && init.body !== undefined && init.body !== null)
    throw createInitError('the body is either streamed or at hand');
  return {
    url: init.url,
    method,
    headers: parseRequestHeaders(init.headers ?? []),
    body,
    redirect: init.redirect ?? 'follow',
    requestId: init.stream === true ? init.requestId : undefined,
  };
}

/** What a request costs of `maxBytesSent` before a streamed body: its URL, its headers and the bytes at hand. */
export function countRequestBytes({ target, method, headers, body }: OutgoingRequest): number {
  const head = headers.reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    method.length + target.href.length,
  );
  return head + (body instanceof Uint8Array ? body.byteLength : 0);
}

function parseMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!METHOD.test(method) || REFUSED_METHODS.has(upper)) throw createInitError('the method is refused');
  return CAPITALISED.has(upper) ? upper : method;
}

function toBytes(body: Uint8Array | string | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

function createInitError(problem: string): Error {
  return createError('ERR_INVALID_ARGUMENT', `net.fetch: ${problem}`, {
    details: { function: 'net.fetch' },
    hint: 'give what the fetch of the Web takes, with a body of text or bytes',
  });
}
