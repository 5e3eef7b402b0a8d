import { readSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { WireTransport } from '../wire/transport.js';
import { guardSockets } from './guard-sockets.js';

// Captured before a plugin's code can replace them. `reallyExit` runs no listeners of the plugin's; its type is not told to anybody.
const { reallyExit } = process as typeof process & { reallyExit(code: number): never };
const getBuiltinModule = process.getBuiltinModule.bind(process);
const read = readSync;
const write = writeSync;

const CHANNEL_FD = 3;
const READ_BYTES = 65_536;
/** Elsewhere a pipe that a socket was made of is the socket's alone. */
const WRITES_AT_ONCE = process.platform !== 'win32';

/** The guest's end of its channel. It carries bytes from the start, and takes no part of `node:net`, which takes 3 ms, before it is opened. */
export interface Channel {
  readonly transport: WireTransport;
  /** Makes a socket of it, from which the event loop reads and to which it writes. Once; from the second call on it does nothing. */
  open(): void;
  /**
   * Reads, and does nothing else meanwhile, until `isEnough`. `false` where it is open, and reads by itself: it is opened here where its host has made it
   * one that cannot be waited for.
   */
  readUntil(isEnough: () => boolean): boolean;
  /** Ends it, and the process when what was sent has left. */
  leave(): void;
}

/** Takes the channel over. What is sent before it is opened has left when `send` returns. */
export function takeChannel(): Channel {
  let take: (bytes: Uint8Array) => void = () => undefined;
  let end: () => void = () => undefined;
  let socket: Socket | undefined;
  // The channel reads into one piece of memory, again and again: the wire keeps none of it.
  const buffer = new Uint8Array(READ_BYTES);
  const open = (): Socket => {
    if (socket !== undefined) return socket;
    socket = openSocket(buffer, (bytes) => take(bytes));
    socket.on('end', () => end());
    return socket;
  };
  const transport: WireTransport = {
    send(bytes) {
      if (socket !== undefined && !mayWriteBeside(socket)) return void socket.write(bytes);
      const rest = writeAll(bytes);
      if (rest !== undefined) open().write(rest);
    },
    sendsViews: true,
    receive(onBytes, onEnd) {
      take = onBytes;
      end = onEnd;
    },
    pendingBytes: () => socket?.writableLength ?? 0,
    close: () => socket?.destroy(),
  };
  return {
    transport,
    open: () => void open(),
    readUntil(isEnough) {
      while (!isEnough()) {
        const count = socket === undefined ? readSome(buffer) : undefined;
        if (count === undefined) {
          open();
          return false;
        }
        if (count === 0) end();
        else take(new Uint8Array(buffer.buffer, 0, count));
      }
      return socket === undefined;
    },
    leave() {
      if (socket === undefined) return reallyExit(0);
      // What is still in the pipe must leave first; an exit does not wait for it.
      socket.end(() => reallyExit(0));
    },
  };
}

function openSocket(buffer: Uint8Array, take: (bytes: Uint8Array) => void): Socket {
  const net = getBuiltinModule('node:net');
  const callback = (count: number, bytes: Uint8Array): boolean => {
    take(new Uint8Array(bytes.buffer, bytes.byteOffset, count));
    return true;
  };
  const socket = new net.Socket({ fd: CHANNEL_FD, readable: true, writable: true, onread: { buffer, callback } });
  guardSockets(net, socket);
  // Whoever holds the other end is gone or has broken off: there is nobody to tell.
  socket.on('error', () => reallyExit(1));
  return socket;
}

/**
 * Whether the pipe of a socket can be written to without it: nothing waits in it. A stream takes longer than all else that sends a result, as long as its
 * code is new to V8. Of a socket that is closed the number may be another file's.
 */
function mayWriteBeside({ writableLength, destroyed }: Socket): boolean {
  return WRITES_AT_ONCE && writableLength === 0 && !destroyed;
}

/** How many bytes came, 0 at the end; `undefined` where none are there and the system does not wait for them. */
function readSome(buffer: Uint8Array): number | undefined {
  try {
    return read(CHANNEL_FD, buffer);
  } catch (error) {
    return wouldWait(error) ? undefined : reallyExit(1);
  }
}

/** Writes it, and waits for the host to read where there is no room. Returns what is left where the system does not wait. */
function writeAll(bytes: Uint8Array): Uint8Array | undefined {
  const { length } = bytes;
  let sent = 0;
  try {
    while (sent < length) {
      const count = write(CHANNEL_FD, bytes, sent, length - sent);
      // Whoever has replaced what views are made of would wait for ever.
      if (count === 0) reallyExit(1);
      sent += count;
    }
    return undefined;
  } catch (error) {
    return wouldWait(error) ? bytes.subarray(sent) : reallyExit(1);
  }
}

function wouldWait(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
