import { createError } from '@kb-labs/contracts';
import type { FetchReply, NetTarget } from '@kb-labs/contracts';
import type { Response } from 'undici';
import { createAbortedError, throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import { createDownload } from './download.js';
import type { Exchange } from './exchange.js';
import { createFetchError, HEADERS_TIMEOUT } from './fetch-error.js';
import { timingOf } from './net-session.js';
import type { NetSession } from './net-session.js';
import { countRequestBytes, parseFetchArguments } from './outgoing-request.js';
import type { FetchArguments, OutgoingRequest } from './outgoing-request.js';
import { createRedirectError, followRedirect, readRedirect } from './redirect.js';
import { resolveTarget } from './resolve-target.js';
import { withinTime } from './time-limit.js';
import { addTrace } from './trace-header.js';
import { recordUnsafe } from './unsafe-request.js';
import { createUpload } from './upload.js';

const MAX_REDIRECTS = 5;
/** What a guest's `Response` takes as a status text; undici has read the bytes as UTF-8. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** `net.fetch({ url, method, headers, body | stream + requestId, redirect })`. Every hop passes the whole gate, and counts as a fetch. */
export function createFetch(session: NetSession): HostFunction {
  return async (args, context): Promise<FetchReply> => {
    throwIfStopped(context);
    const init = addTrace(parseFetchArguments(args), session.traceparent);
    const target = session.gate.parseUrl(init.url, 'fetch');
    session.gate.admit({ kind: 'net', url: target }, 'fetch');
    return await exchange(session, { init, target, context });
  };
}

interface AdmittedFetch {
  readonly init: FetchArguments;
  readonly target: NetTarget;
  readonly context: CallContext;
}

async function exchange(session: NetSession, { init, target, context }: AdmittedFetch): Promise<FetchReply> {
  const { gate, exchanges } = session;
  const current = createExchange(session, init, target);
  const opened = exchanges.open(current, init.requestId);
  if (opened === undefined) throw createTakenError();
  const abort = (): void => current.controller.abort(createAbortedError());
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    const { response, request, hops } = await followHops(session, current, { ...init, target });
    requireStatus(target, response.status);
    return {
      id: opened.answer(createDownload(response.body, { meter: gate.meter, bodyMs: session.timeouts.bodyMs })),
      status: response.status,
      statusText: REASON.test(response.statusText) ? response.statusText : '',
      headers: [...response.headers],
      url: request.target.href,
      redirected: hops > 0,
    };
  } catch (error) {
    const { signal } = current.controller;
    const failure = createFetchError(target, signal.aborted ? signal.reason : error, timingOf(session, current));
    current.controller.abort(failure);
    current.upload?.abort(failure);
    opened.close();
    throw failure;
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}

/** A guest's `Response` can have no other status: it would throw, and leave a body behind that nobody reads. */
function requireStatus(target: NetTarget, status: number): void {
  if (status >= 200 && status <= 599) return;
  throw createError(
    'ERR_FETCH_FAILED',
    `fetch of ${target.scheme}://${target.host}:${target.port} failed: status ${status}`,
    {
      details: { status, host: target.host },
      hint: 'ask a server that answers with a status from 200 to 599',
    },
  );
}

function createExchange({ clock }: NetSession, { body }: FetchArguments, target: NetTarget): Exchange {
  return {
    target,
    startedAt: clock.monotonic(),
    controller: new AbortController(),
    upload: body === 'stream' ? createUpload() : undefined,
    download: undefined,
  };
}

interface FollowedHops {
  readonly response: Response;
  readonly request: OutgoingRequest;
  readonly hops: number;
}

async function followHops(
  session: NetSession,
  current: Exchange,
  first: OutgoingRequest & Pick<FetchArguments, 'redirect'>,
): Promise<FollowedHops> {
  let request: OutgoingRequest = first;
  for (let hops = 0; ; hops += 1) {
    const response = await sendOnce(session, current, request);
    const answer = readRedirect(response.status, response.headers.get('location'));
    if (answer === undefined || first.redirect === 'manual') return { response, request, hops };
    // Nobody will read this one: its connection must not wait for that.
    await response.body?.cancel();
    if (first.redirect === 'error') throw createRedirectError(request, 'it was redirected, and redirect is "error"');
    if (hops === MAX_REDIRECTS) throw createRedirectError(request, `more than ${MAX_REDIRECTS} redirects`);
    request = followRedirect(session.gate, request, answer);
    session.gate.admit({ kind: 'net', url: request.target }, 'redirect');
  }
}

async function sendOnce(session: NetSession, current: Exchange, request: OutgoingRequest): Promise<Response> {
  const { gate } = session;
  const { signal } = current.controller;
  gate.meter.reserve('maxFetches', 1).commit();
  const addresses = await resolveTarget(session, current, request.target);
  const agent = await session.agent();
  signal.throwIfAborted();
  gate.meter.reserve('maxBytesSent', countRequestBytes(request)).commit();
  recordUnsafe(session, request);
  agent.pin(request.target, addresses);
  const upload = request.body === 'stream' ? current.upload : undefined;
  const body = request.body === 'stream' ? upload?.body : request.body;
  const answer = agent.fetch(request.target.href, {
    method: request.method,
    headers: request.headers.map(([name, value]): [string, string] => [name, value]),
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
  const { connectMs, headersMs } = session.timeouts;
  const from = upload === undefined ? {} : { from: upload.sent };
  return await withinTime(answer, { ms: connectMs + headersMs, code: HEADERS_TIMEOUT, ...from });
}

function createTakenError(): Error {
  return createError('ERR_INVALID_ARGUMENT', 'net.fetch: this requestId is in use', {
    details: { function: 'net.fetch', argument: '0/requestId' },
  });
}
