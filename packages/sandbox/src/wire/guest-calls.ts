import { encodeFrame, measureFrame, refusesCallFrame } from './frame.js';
import type { GuestLimits, GuestMessage, HostCallFailure, HostReply } from './messages.js';
import { encodeValue } from './encode-value.js';
import { describeThrown } from './guest-error.js';
import { createSinglePlace, createTurnstile } from './turnstile.js';
import { WAITING_CALL } from './messages.js';
import { UnsendableError } from './wire-value.js';

/** What the host takes of one run: calls at a time, and bytes in one message. */
type CallLimits = Pick<
  GuestLimits,
  'maxInFlight' | 'maxDepth' | 'maxCallJsonBytes' | 'maxCallElements' | 'maxBinaryBytes'
>;

/** The run that the calls are made in, what bounds them, and how they leave. */
export interface CallTableOptions {
  readonly run: number;
  readonly limits: CallLimits;
  /** No two calls of a guest have the same number. */
  readonly nextId: () => number;
  /** Takes whole frames. */
  readonly send: (frame: Uint8Array) => void;
}

/** The host calls of one run that wait for an answer, and those that wait for their turn. */
export interface CallTable {
  /** Calls beyond `maxInFlight` wait here rather than being refused there. `events.next` waits in no line and takes no place in one: of it there is one at a time. */
  call(name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown>;
  settle(reply: HostReply): void;
  /** Ends the calls that are open, those that wait, and all that come later, with this error. The first one counts. */
  close(error: Error): void;
}

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for their turn: each takes some kilobytes of the guest's memory. */
const MAX_WAITING = 50_000;

/** Makes the table. */
export function createCallTable({ run, limits, nextId, send }: CallTableOptions): CallTable {
  const open = new Map<number, OpenCall>();
  const turnstile = createTurnstile(MAX_WAITING, tooManyWait);
  const waitingPlace = createSinglePlace(() => invalidArgument(`${WAITING_CALL} is under way already`));
  let closed: Error | undefined;

  const ask = (frame: Uint8Array, id: number, signal: AbortSignal | undefined): Promise<unknown> => {
    const cancel = (): void => send(encodeFrame(encodeValue({ t: 'cancel', run, id } satisfies GuestMessage)));
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise((resolve, reject) => {
      open.set(id, { resolve, reject });
      send(frame);
    }).finally(() => {
      open.delete(id);
      signal?.removeEventListener('abort', cancel);
    });
  };

  return {
    async call(name, args, signal) {
      const passage = name === WAITING_CALL ? waitingPlace : turnstile;
      await passage.enter(limits.maxInFlight);
      try {
        if (closed !== undefined) throw closed;
        signal?.throwIfAborted();
        const id = nextId();
        return await ask(encodeCall({ t: 'call', run, id, name, args }, limits), id, signal);
      } finally {
        passage.leave();
      }
    },
    settle(reply) {
      const call = open.get(reply.id);
      if (reply.ok) call?.resolve(reply.value);
      else call?.reject(makeCallError(reply.error));
    },
    close(error) {
      closed ??= error;
      for (const call of open.values()) call.reject(closed);
    },
  };
}

function tooManyWait(): Error {
  return makeCallError({
    code: 'ERR_QUOTA_EXCEEDED',
    message: `${MAX_WAITING} calls wait for their turn already`,
    hint: 'await some of the calls before making more',
    details: { quota: 'maxInFlight', limit: MAX_WAITING },
  });
}

function encodeCall(message: GuestMessage, limits: CallLimits): Uint8Array {
  let frame: Uint8Array;
  try {
    frame = encodeFrame(encodeValue(message));
  } catch (error) {
    if (error instanceof UnsendableError) throw invalidArgument(error.message, { details: { path: error.path } });
    // A getter or a proxy of the handler's own, which said no.
    throw invalidArgument(`the arguments cannot be read: ${describeThrown(error, '').message}`);
  }
  const { binaryBytes } = measureFrame(frame);
  const tooMuch =
    binaryBytes > limits.maxBinaryBytes
      ? `${binaryBytes} raw bytes, ${limits.maxBinaryBytes} allowed`
      : refusesCallFrame(frame, limits);
  if (tooMuch === undefined) return frame;
  throw invalidArgument(`the arguments are more than one message carries: ${tooMuch}`, {
    hint: 'send less at a time, for example with appendFile',
    details: { limitBytes: limits.maxBinaryBytes, limitElements: limits.maxCallElements },
  });
}

/** The error that a handler catches: `code`, `hint` and `details` as the host gave them. */
export function makeCallError(failure: HostCallFailure): Error {
  const { code, message, hint, details } = failure;
  return Object.assign(new Error(message), { name: 'PluginError', code, hint, details });
}

/** The refusal of an argument that never leaves the guest. */
export function invalidArgument(message: string, more: Partial<Pick<HostCallFailure, 'hint' | 'details'>> = {}): Error {
  return makeCallError({ code: 'ERR_INVALID_ARGUMENT', message, hint: undefined, details: {}, ...more });
}
