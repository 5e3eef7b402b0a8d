import { binaryBytesOf } from './frame.js';
import { createFrameSlab } from './frame-slab.js';
import type { Refuse } from './frame-slab.js';
import type { WireTransport } from './transport.js';
import type { EncodedValue } from './wire-value.js';

/** Binary parts that are as large together are not copied where they need not be. */
const LARGE_BYTES = 65_536;
/** Messages of one turn that may ask to leave at once. Of those that come behind them, so many leave together. */
const MAX_URGENT = 16;
/** Large parts are copied piece by piece: the other side reads the first while the next one is copied, and memory of this size is soon had again. */
const PIECE_BYTES = 65_536;

/** Sends messages as frames. The first of a turn leaves at once, and what else is sent in it leaves together at its end. */
export interface FrameSender {
  /** Sends it. Its binary parts are copied now. */
  send(message: EncodedValue): void;
  /** Sends what nobody changes until it has left: large binary parts are not copied. */
  lend(message: EncodedValue): void;
  /** Sends what should be out before code that never ends: at once, but of many in one turn the last few may wait for its end. */
  sendNow(message: EncodedValue): void;
  /** Sends it together with the next one, or at the end of the turn. */
  hold(message: EncodedValue): void;
  /** Sends it, unless it is refused. Returns the reason. */
  sendUnless(refuse: Refuse, message: EncodedValue): string | undefined;
  /** Sends what waits: this turn has no end. */
  flush(): void;
}

interface FrameSenderOptions extends Pick<WireTransport, 'send' | 'sendsViews'> {
  /** Asked before something leaves within a turn. Where the answer is no, it leaves at the end of the turn. */
  readonly hasRoom?: () => boolean;
}

/** Makes it. The transport is given one piece of memory for all small frames that leave together. */
export function createFrameSender({ send, sendsViews, hasRoom = always }: FrameSenderOptions): FrameSender {
  const slab = createFrameSlab((frames) => send(sendsViews ? frames : new Uint8Array(frames)), hasRoom);
  /** Messages of this turn that left by themselves. */
  let sent = 0;
  const awaitEnd = openTurns(() => {
    sent = 0;
    slab.flush();
  });
  const leave = (most: number): void => {
    awaitEnd();
    sent += 1;
    if (sent <= most && hasRoom()) slab.flush();
  };
  const canSendParts = (message: EncodedValue): boolean => sendsViews && isLarge(message) && hasRoom();
  const putHeader = (message: EncodedValue): void => {
    slab.put(message, { hasParts: false, refuse: undefined });
    slab.flush();
  };
  const put = (message: EncodedValue, most: number): void => {
    if (canSendParts(message)) {
      putHeader(message);
      return sendParts(message, (part) => sendCopies(part, send));
    }
    slab.put(message, COPIED);
    leave(most);
  };
  return {
    send: (message) => put(message, 1),
    lend(message) {
      if (!canSendParts(message)) return put(message, 1);
      putHeader(message);
      sendParts(message, send);
    },
    sendNow(message) {
      put(message, MAX_URGENT);
      if (sent % MAX_URGENT === 0 && hasRoom()) slab.flush();
    },
    hold(message) {
      slab.put(message, COPIED);
      awaitEnd();
    },
    sendUnless(refuse, message) {
      const refused = slab.put(message, { hasParts: true, refuse });
      if (refused === undefined) leave(1);
      return refused;
    },
    flush: slab.flush,
  };
}

const always = (): boolean => true;

/** Makes a function that has `endTurn` called once, at the end of the turn in which it is called. */
function openTurns(endTurn: () => void): () => void {
  const atEndOfTurn = captureEndOfTurn();
  let isAwaited = false;
  const end = (): void => {
    isAwaited = false;
    endTurn();
  };
  return () => {
    if (isAwaited) return;
    isAwaited = true;
    try {
      atEndOfTurn(end);
    } catch (error) {
      // At the end of the stack. The next message asks again.
      isAwaited = false;
      throw error;
    }
  };
}

function sendParts({ binary }: EncodedValue, send: (bytes: Uint8Array) => void): void {
  for (let index = 0; index < binary.length; index += 1) {
    const part = binary[index];
    if (part !== undefined && part.length > 0) send(part);
  }
}

function sendCopies({ buffer, byteOffset, length }: Uint8Array, send: WireTransport['send']): void {
  for (let start = 0; start < length; start += PIECE_BYTES) {
    const pieceBytes = Math.min(PIECE_BYTES, length - start);
    send(new Uint8Array(new Uint8Array(buffer, byteOffset + start, pieceBytes)), true);
  }
}

/** Whether it is worth while to lend it. */
export function isLarge(message: EncodedValue): boolean {
  return binaryBytesOf(message) >= LARGE_BYTES;
}

const COPIED = { hasParts: true, refuse: undefined };

/** Captured before a plugin's code can replace it. Outside of Node each message leaves by itself. */
function captureEndOfTurn(): (end: () => void) => void {
  return typeof process === 'undefined' ? (end) => end() : process.nextTick.bind(process);
}
