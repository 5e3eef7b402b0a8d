import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError, SandboxHost } from '@kb-labs/contracts';
import { WAITING_CALL } from './messages.js';
import type { HostCallFailure, HostReply, RunMessage } from './messages.js';
import { UnsendableError } from './wire-value.js';

type Call = Extract<RunMessage, { t: 'call' }>;

/** The calls of one run that the host is working on. */
export interface HostCalls {
  begin(call: Call): void;
  cancel(id: number): void;
  /** Aborts what is under way and refuses what comes. */
  close(): void;
}

export interface HostCallsOptions {
  readonly host: SandboxHost;
  /** Calls beyond it are refused, and far beyond it a flood: a guest's own side queues them. */
  readonly maxInFlight: number;
  /** Must throw `UnsendableError` for what the wire cannot carry. */
  readonly send: (reply: HostReply) => void;
  /** Whether the guest has answers to read before it can have more. */
  readonly isBehind: () => boolean;
  readonly onFlood: () => void;
}

/** Refusals that a guest may cause before it counts as hostile: they cost the host, and no quota. */
const MAX_REFUSED = 1_000;
const LOOK_AGAIN_MS = 5;

/** Makes the table of the calls of one run. */
export function createHostCalls({ host, maxInFlight, send, isBehind, onFlood }: HostCallsOptions): HostCalls {
  const open = new Map<number, AbortController>();
  /** The call that may wait as long as the run: it takes no place of `maxInFlight`. */
  let waitingId: number | undefined;
  let closed = false;
  let refused = 0;

  const refuse = (id: number, error: PluginError): void => sendRefusal(send, id, describeCallError(error));

  const work = async ({ id, name, args }: Call, signal: AbortSignal): Promise<void> => {
    try {
      const value = await host.call(name, args, signal);
      if (isBehind()) await untilRead(() => !closed && isBehind());
      if (!closed) send({ id, ok: true, value });
    } catch (error) {
      if (!closed) refuse(id, toCallError(error, name));
    } finally {
      open.delete(id);
      if (waitingId === id) waitingId = undefined;
    }
  };

  return {
    begin(call) {
      if (open.has(call.id)) throw new TypeError('a call id that is in use');
      if (closed) return refuse(call.id, runIsOver());
      const refusal = whyRefused(call.name, { inFlight: open.size, isWaiting: waitingId !== undefined, maxInFlight });
      if (refusal !== undefined) {
        refused += 1;
        return refused > MAX_REFUSED ? onFlood() : refuse(call.id, refusal);
      }
      if (call.name === WAITING_CALL) waitingId = call.id;
      const controller = new AbortController();
      open.set(call.id, controller);
      void work(call, controller.signal);
    },
    cancel: (id) => open.get(id)?.abort(createError('ERR_ABORTED', 'the call was cancelled by its caller')),
    close() {
      closed = true;
      for (const controller of open.values()) controller.abort(createError('ERR_ABORTED', 'the run is over'));
      open.clear();
    },
  };
}

function runIsOver(): PluginError {
  return createError('ERR_PERMISSION_DENIED', 'the run is over: its context is revoked', {
    details: { reason: 'run-over' },
    hint: 'await every host call before the handler returns',
  });
}

/** An answer of 16 MiB is no reason to end a guest that reads slowly: the next one waits, and with it the place of its call. */
async function untilRead(isBehind: () => boolean): Promise<void> {
  while (isBehind()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

function tooManyCalls(used: number, limit: number): PluginError {
  return createError('ERR_QUOTA_EXCEEDED', `${limit} calls are in flight already`, {
    details: { quota: 'maxInFlight', used, limit },
    hint: 'await a call before making the next, or raise quotas.maxInFlight in the grant, and in the manifest where there is one',
  });
}

interface CallsNow {
  readonly inFlight: number;
  /** Whether one of them is the one that may wait. */
  readonly isWaiting: boolean;
  readonly maxInFlight: number;
}

function whyRefused(name: string, { inFlight, isWaiting, maxInFlight }: CallsNow): PluginError | undefined {
  if (name === WAITING_CALL) return isWaiting ? isUnderWay(name) : undefined;
  const counted = isWaiting ? inFlight - 1 : inFlight;
  return counted < maxInFlight ? undefined : tooManyCalls(counted, maxInFlight);
}

function isUnderWay(name: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', `"${name}" is under way already: one call serves all subscriptions`, {
    hint: 'await its answer before the next one',
  });
}

function sendRefusal(send: (reply: HostReply) => void, id: number, error: HostCallFailure): void {
  try {
    send({ id, ok: false, error });
  } catch {
    // Details that the wire cannot carry: the code and the message go without them.
    send({ id, ok: false, error: { ...error, details: {} } });
  }
}

/** Too much is the guest's to change, by asking for less; a kind that the wire does not carry is a mistake of the host function. */
function unsendableAnswer(error: UnsendableError, name: string): PluginError {
  if (error.reason === 'kind')
    return createError('ERR_INTERNAL', `the answer of "${name}" cannot be sent`, { cause: error });
  return createError(
    'ERR_OUTPUT_EXCEEDED',
    `the answer of "${name}" has ${error.kind}, which one message cannot carry`,
    {
      hint: 'ask for less at a time, for example one folder or page after the other',
      cause: error,
    },
  );
}

/** What a guest is told of a failed call: code, message, hint and details, never a stack. */
function describeCallError(error: PluginError): HostCallFailure {
  return { code: error.code, message: error.message, hint: error.hint, details: error.details };
}

function toCallError(error: unknown, name: string): PluginError {
  if (isPluginError(error)) return error;
  if (error instanceof UnsendableError) return unsendableAnswer(error, name);
  return createError('ERR_INTERNAL', `"${name}" failed on the host`, { cause: error });
}
