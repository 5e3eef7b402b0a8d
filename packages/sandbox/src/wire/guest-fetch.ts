import type { FetchReply } from '@kb-labs/contracts';
import type { GuestPort } from './guest-port.js';

const CHUNK_BYTES = 65_536;

/**
 * The `fetch` of a guest: the WHATWG function with the host behind it. Takes a string, URL or Request, and of the init `method`,
 * `headers`, `body`, `redirect` and `signal`; any other member is sent along so that the host can refuse it by name.
 */
export function createGuestFetch(port: GuestPort): typeof globalThis.fetch {
  let requests = 0;
  return async (input, init) => {
    const { args, body, signal } = await describeRequest(input, init ?? {});
    signal?.throwIfAborted();
    requests += 1;
    const requestId = requests;
    const request = body === undefined ? args : { ...args, stream: true, requestId };
    const pumping = body === undefined ? undefined : pumpBody({ port, requestId, body, signal });
    // A refused upload ends the request itself, and that rejection is the one the caller sees.
    pumping?.catch(() => undefined);
    // The host's own answer: this side trusts it.
    const reply = (await port.call('net.fetch', [request], signal)) as FetchReply;
    return makeResponse(port, reply, signal);
  };
}

interface DescribedRequest {
  readonly args: Readonly<Record<string, unknown>>;
  readonly body: ReadableStream<unknown> | undefined;
  readonly signal: AbortSignal | undefined;
}

type FetchArguments = Parameters<typeof globalThis.fetch>;

async function describeRequest(
  input: FetchArguments[0],
  init: NonNullable<FetchArguments[1]>,
): Promise<DescribedRequest> {
  const {
    method,
    headers,
    body,
    signal,
    redirect,
    duplex: _duplex,
    ...others
    // What a caller wrote beyond the known members is sent along, and refused there.
  } = init as Record<string, unknown> & RequestInit;
  const request = input instanceof Request ? input : undefined;
  const made = toBody(body ?? undefined) ?? (request?.body === null ? undefined : request?.body);
  const isStream = made instanceof ReadableStream;
  const pairs = makeHeaders(headers ?? request?.headers);
  if (typeof made === 'object' && !isStream && made.type !== '' && !pairs.has('content-type'))
    pairs.set('content-type', made.type);
  return {
    args: {
      ...others,
      url: request?.url ?? String(input),
      method: method ?? request?.method ?? 'GET',
      headers: [...pairs],
      redirect: redirect ?? request?.redirect ?? 'follow',
      ...(made === undefined || isStream ? {} : { body: await made.bytes }),
    },
    body: isStream ? made : undefined,
    signal: signal ?? request?.signal ?? undefined,
  };
}

/** A `TypeError`, as from any fetch, with the code that the host would have refused the headers with. */
function makeHeaders(headers: ConstructorParameters<typeof Headers>[0]): Headers {
  try {
    return new Headers(headers);
  } catch (cause) {
    const error = new TypeError('net.fetch: the headers are refused: a name or value is none that HTTP has', { cause });
    throw Object.assign(error, { code: 'ERR_INVALID_ARGUMENT' });
  }
}

interface WholeBody {
  readonly bytes: Promise<Uint8Array>;
  readonly type: string;
}

/** Bodies with a length of their own travel with the request; a stream follows it. */
function toBody(body: unknown): ReadableStream<unknown> | WholeBody | undefined {
  if (body === undefined) return undefined;
  if (body instanceof ReadableStream) return body;
  // Response knows every other body type, and the content type that goes with it; what is none of them becomes text, as in any fetch.
  const made = new Response(body as ConstructorParameters<typeof Response>[0]);
  return {
    bytes: made.arrayBuffer().then((buffer) => new Uint8Array(buffer)),
    type: made.headers.get('content-type') ?? '',
  };
}

interface Upload {
  readonly port: GuestPort;
  readonly requestId: number;
  readonly body: ReadableStream<unknown>;
  readonly signal: AbortSignal | undefined;
}

async function pumpBody({ port, requestId, body, signal }: Upload): Promise<void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) throw new TypeError('a stream of a body must be of Uint8Array');
      for (let offset = 0; offset < value.byteLength; offset += CHUNK_BYTES) {
        await port.call('net.writeBody', [requestId, value.subarray(offset, offset + CHUNK_BYTES)], signal);
      }
    }
    await port.call('net.writeBody', [requestId, null], signal);
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    // A server may stop reading and answer all the same (413, say): that answer is still to come.
    if (!hasStoppedReading(error)) await port.call('net.cancel', [requestId], undefined);
  }
}

function hasStoppedReading(error: unknown): boolean {
  const details: unknown = error instanceof Error && 'details' in error ? error.details : undefined;
  return typeof details === 'object' && details !== null && 'errno' in details && details.errno === 'CLOSED';
}

const NULL_BODY_STATUS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

function makeResponse(port: GuestPort, reply: FetchReply, signal: AbortSignal | undefined): Response {
  const body = NULL_BODY_STATUS.has(reply.status) ? null : readBody(port, reply.id, signal);
  const headers = reply.headers.map(([name, value]): [string, string] => [name, value]);
  const response = new Response(body, { status: reply.status, statusText: reply.statusText, headers });
  Object.defineProperty(response, 'url', { value: reply.url });
  Object.defineProperty(response, 'redirected', { value: reply.redirected });
  return response;
}

function readBody(port: GuestPort, id: number, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await port.call('net.readBody', [id], signal);
      if (chunk instanceof Uint8Array) controller.enqueue(chunk);
      else controller.close();
    },
    async cancel() {
      await port.call('net.cancel', [id], undefined);
    },
  });
}
