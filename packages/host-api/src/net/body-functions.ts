import { createError } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { createAbortedError, throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunction } from '../host-function.js';
import type { Exchange } from './exchange.js';
import { createFetchError } from './fetch-error.js';
import { timingOf } from './net-session.js';
import type { NetSession } from './net-session.js';
import { UPLOAD_CLOSED } from './upload.js';

const id = z.int().min(1);
const idArguments = z.tuple([id]);
const writeArguments = z.tuple([id, z.union([z.instanceof(Uint8Array), z.null()])]);

/** `net.readBody(id)`: the next piece of a response, at most 64 KiB, or `null` at its end, after which the id is forgotten. */
export function createReadBody(session: NetSession): HostFunction {
  return async (args, context): Promise<Uint8Array | null> => {
    const [responseId] = parseArguments('net.readBody', idArguments, args);
    const exchange = session.exchanges.find(responseId);
    const download = exchange?.download;
    if (exchange === undefined || download === undefined) throw createUnknownIdError('net.readBody');
    const chunk = await during(session, { exchange, id: responseId, context }, () => download.read());
    if (chunk === null) session.exchanges.finish(responseId, createCancelledError());
    return chunk;
  };
}

/** `net.writeBody(requestId, chunk | null)`: answers when the connection has taken the chunk. `null` is the end of the body. */
export function createWriteBody(session: NetSession): HostFunction {
  return async (args, context): Promise<void> => {
    const [requestId, chunk] = parseArguments('net.writeBody', writeArguments, args);
    const exchange = session.exchanges.find(requestId);
    const upload = exchange?.upload;
    if (exchange === undefined || upload === undefined) throw createUnknownIdError('net.writeBody');
    await during(session, { exchange, id: requestId, context }, () => {
      session.gate.meter.reserve('maxBytesSent', chunk?.byteLength ?? 0).commit();
      return upload.write(chunk);
    });
  };
}

/** `net.cancel(id)`: ends a fetch by its requestId or a response by its id. Does nothing for what has ended already. */
export function createCancel(session: NetSession): HostFunction {
  return async (args): Promise<void> => {
    const [anyId] = parseArguments('net.cancel', idArguments, args);
    session.exchanges.end(anyId, createCancelledError());
  };
}

interface BodyCall {
  readonly exchange: Exchange;
  readonly id: number;
  readonly context: CallContext;
}

/** Half a body is of no use, so whatever fails on the way ends the whole exchange. */
async function during<Result>(
  session: NetSession,
  { exchange, id, context }: BodyCall,
  work: () => Promise<Result>,
): Promise<Result> {
  throwIfStopped(context);
  const abort = (): void => session.exchanges.end(id, createAbortedError());
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    return await work();
  } catch (error) {
    const { signal } = exchange.controller;
    const failure = createFetchError(
      exchange.target,
      signal.aborted ? signal.reason : error,
      timingOf(session, exchange),
    );
    // A server that takes no more of a body may answer all the same, and a call out of turn harms nothing.
    const isHarmless = failure.code === 'ERR_INVALID_ARGUMENT' || failure.details['errno'] === UPLOAD_CLOSED;
    if (!isHarmless) session.exchanges.end(id, failure);
    throw failure;
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}

function createUnknownIdError(name: string): Error {
  return createError('ERR_INVALID_ARGUMENT', `${name}: no fetch of this run has this id`, {
    details: { function: name, argument: '0' },
    hint: 'use an id that this run was given, and only until the end of its fetch',
  });
}

function createCancelledError(): Error {
  return createError('ERR_ABORTED', 'the fetch was cancelled');
}
