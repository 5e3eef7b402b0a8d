import type { PluginError, SandboxHost, SandboxLimits } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { decodeMessage, decodeValue } from '../wire/decode-value.js';
import { encodeHostMessage } from '../wire/encode-message.js';
import { binaryBytesOf, encodeFrame, HEADER_BYTES } from '../wire/frame.js';
import { createFrameDecoder } from '../wire/frame-decoder.js';
import { createCallTable } from '../wire/guest-calls.js';
import type { CallTableOptions } from '../wire/guest-calls.js';
import { createHostCalls } from '../wire/host-calls.js';
import { wireLimitsFor } from '../wire/limits.js';
import type { HostReply } from '../wire/messages.js';
import { parseGuestMessage } from '../wire/parse-guest-message.js';

/** The host calls of one run, both sides of them. */
export interface DirectCalls {
  call(name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown>;
  /** Ends the calls that are open, and all that come later, with what this makes. The first one counts. */
  close(makeError: () => Error): void;
}

export interface DirectCallsOptions {
  readonly host: SandboxHost;
  readonly limits: SandboxLimits;
  /** The handler has made something that no call can be. */
  readonly onBroken: (error: PluginError) => void;
}

const RUN = 1;
/** Calls after which the host's loop has its turn: a host that answers at once would otherwise hear no timer and no abort until a handler has called its last. */
const CALLS_A_TURN = 32;

/** Makes them. Calls and answers are bounded and copied by the codec of the wire. They arrive in their order, and not before whoever sent them has gone on. */
export function createDirectCalls({ host, limits, onBroken }: DirectCallsOptions): DirectCalls {
  const wire = wireLimitsFor(limits.maxResultBytes);
  const decoder = createFrameDecoder(wire);
  let lastId = 0;
  let isClosed = false;
  const answer = (reply: HostReply): void => {
    // Copied now: it must be refused where it was made.
    const copy = decodeValue(encodeHostMessage({ t: 'reply', run: RUN, ...reply })) as HostReply;
    queueMicrotask(() => table.settle(copy));
  };
  const hostCalls = createHostCalls({
    host,
    maxInFlight: limits.maxInFlight,
    send: answer,
    isBehind: () => false,
    onFlood: () => onBroken(createError('ERR_PROTOCOL', 'the guest went on calling beyond maxInFlight')),
  });
  const arrive = (frame: Uint8Array): void => {
    if (isClosed) return;
    try {
      for (const encoded of decoder.push(frame)) {
        const message = parseGuestMessage(decodeMessage(encoded));
        if (message?.t === 'call') hostCalls.begin(message);
        else if (message?.t === 'cancel') hostCalls.cancel(message.id);
        else throw new TypeError('a message that no guest may send');
      }
    } catch (cause) {
      onBroken(protocolError(cause));
    }
  };
  const line = createLine(arrive);
  const table = createCallTable({
    run: RUN,
    limits: { maxInFlight: limits.maxInFlight, ...wire },
    nextId: () => (lastId += 1),
    sender: line.sender,
    isOver: () => isClosed,
  });

  return {
    call: (name, args, signal) => table.call(name, args, signal),
    close(makeError) {
      // What was called before the end is begun before the end, as a host reads it that has a channel.
      line.flush();
      table.close(makeError);
      hostCalls.close();
      isClosed = true;
    },
  };
}

function protocolError(cause: unknown): PluginError {
  const reason = cause instanceof Error ? cause.message : 'an unreadable message';
  return createError('ERR_PROTOCOL', `the guest broke the protocol: ${reason}`, { cause });
}

interface Line extends Pick<CallTableOptions, 'sender'> {
  /** Hands on what waits. */
  flush(): void;
}

/** Hands frames on in their order: in a microtask, and in another turn of the loop where this one has had enough of them. */
function createLine(arrive: (frame: Uint8Array) => void): Line {
  let waiting: Uint8Array[] = [];
  let left = CALLS_A_TURN;
  let isTurnKept = false;
  const flush = (): void => {
    const frames = waiting;
    waiting = [];
    for (const frame of frames) arrive(frame);
  };
  const nextTurn = (): void => {
    left = CALLS_A_TURN;
    isTurnKept = false;
    flush();
  };
  const put = (frame: Uint8Array): void => {
    waiting.push(frame);
    if (!isTurnKept) setImmediate(nextTurn);
    isTurnKept = true;
    left -= 1;
    // The next turn takes what waits then.
    if (left >= 0) queueMicrotask(flush);
  };
  return {
    flush,
    sender: {
      send: (message) => put(encodeFrame(message)),
      sendUnless(refuse, message) {
        const frame = encodeFrame(message);
        const binaryBytes = binaryBytesOf(message);
        const refused = refuse(frame.subarray(HEADER_BYTES, frame.length - binaryBytes), binaryBytes);
        if (refused === undefined) put(frame);
        return refused;
      },
    },
  };
}
