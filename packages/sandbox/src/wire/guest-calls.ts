import { encodeCallMessage, encodeGuestWord } from './encode-message.js';
import type { FrameSender } from './frame-sender.js';
import { exceedsCallBounds } from './frame-text.js';
import type { GuestLimits, HostCallFailure, HostReply } from './messages.js';
import { describeThrown } from './guest-error.js';
import { createSinglePlace, createTurnstile } from './turnstile.js';
import { WAITING_CALL } from './messages.js';
import { UnsendableError } from './wire-value.js';
import type { EncodedValue } from './wire-value.js';

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
  readonly sender: Pick<FrameSender, 'send' | 'sendUnless'>;
  /** Whether the run has said its last word, after which nothing is sent. */
  readonly isOver: () => boolean;
}

/** The host calls of one run that wait for an answer, and those that wait for their turn. */
export interface CallTable {
  /** Calls beyond `maxInFlight` wait here rather than being refused there. `events.next` waits in no line and takes no place in one: of it there is one at a time. */
  call(name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown>;
  settle(reply: HostReply): void;
  /** Ends the calls that are open, those that wait, and all that come later, with the error that this makes. The first one counts. */
  close(makeError: () => Error): void;
}

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for their turn: each takes some kilobytes of the guest's memory. */
const MAX_WAITING = 50_000;

/** Makes the table. */
export function createCallTable(options: CallTableOptions): CallTable {
  const { run, limits, nextId, sender, isOver } = options;
  const open = new Map<number, OpenCall>();
  const turnstile = createTurnstile(MAX_WAITING, tooManyWait);
  const waitingPlace = createSinglePlace(() => invalidArgument(`${WAITING_CALL} is under way already`));
  let closed: (() => Error) | undefined;

  const ask = async (name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown> => {
    const id = nextId();
    const answer = Promise.withResolvers<unknown>();
    const cancel = (): void => (isOver() ? undefined : sender.send(encodeGuestWord(run, { t: 'cancel', id })));
    sendCall(encodeCall(run, id, { name, args }), options);
    open.set(id, answer);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await answer.promise;
    } finally {
      open.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  };

  return {
    async call(name, args, signal) {
      const passage = name === WAITING_CALL ? waitingPlace : turnstile;
      await passage.enter(limits.maxInFlight);
      try {
        if (closed !== undefined) throw closed();
        signal?.throwIfAborted();
        return await ask(name, args, signal);
      } finally {
        passage.leave();
      }
    },
    settle(reply) {
      const call = open.get(reply.id);
      if (reply.ok) call?.resolve(reply.value);
      else call?.reject(makeCallError(reply.error));
    },
    close(makeError) {
      closed ??= makeError;
      for (const call of open.values()) call.reject(closed());
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

function encodeCall(
  run: number,
  id: number,
  { name, args }: { readonly name: string; readonly args: readonly unknown[] },
): EncodedValue {
  try {
    return encodeCallMessage(run, { t: 'call', id, name, args });
  } catch (error) {
    if (error instanceof UnsendableError) throw invalidArgument(error.message, { details: { path: error.path } });
    // A getter or a proxy of the handler's own, which said no.
    throw invalidArgument(`the arguments cannot be read: ${describeThrown(error, '').message}`);
  }
}

function sendCall(call: EncodedValue, { sender, limits }: CallTableOptions): void {
  const refuse = (json: Uint8Array, binaryBytes: number): string | undefined =>
    binaryBytes > limits.maxBinaryBytes
      ? `${binaryBytes} raw bytes, ${limits.maxBinaryBytes} allowed`
      : exceedsCallBounds(json, limits);
  const tooMuch = sender.sendUnless(refuse, call);
  if (tooMuch === undefined) return;
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
