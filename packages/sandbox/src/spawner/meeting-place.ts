import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSettled } from '../wire/waiting.js';
import type { Settled } from '../wire/waiting.js';
import { HANDED_OVER, TOKEN_LENGTH } from './messages.js';

/** A Unix socket in a folder of this user alone, on which streams of guests arrive. */
export interface MeetingPlace extends AsyncDisposable {
  readonly path: string;
  /** The streams that name this token: output, error output, channel. Nothing of what stands behind the token in them has been read. */
  meet(token: string): Promise<readonly Socket[]>;
  /** Nobody waits for this token any more: what comes with it is closed. */
  forget(token: string): void;
}

/** Opens one. Rejects where the temporary folder cannot be written to, or has a path that is too long for a socket (100 bytes or so). */
export async function openMeetingPlace(): Promise<MeetingPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'kb-spawner-'));
  const path = join(folder, 's');
  const expected = new Map<string, Expected>();
  const server = createServer((socket) => greet(socket, expected));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    await remove();
    throw error;
  }
  server.unref();
  // One that cannot be accepted, for want of descriptors, is missed by whoever waits for it.
  server.on('error', () => undefined);
  return {
    path,
    meet(token) {
      const entry: Expected = { sockets: new Map(), all: createSettled() };
      expected.set(token, entry);
      return entry.all.promise;
    },
    forget(token) {
      const sockets = expected.get(token)?.sockets.values() ?? [];
      expected.delete(token);
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await remove();
    },
  };
}

interface Expected {
  readonly sockets: Map<string, Socket>;
  readonly all: Settled<readonly Socket[]>;
}

/** Reads the greeting and not a byte more. Whoever does not know a token that is waited for, and not used yet, is sent away. */
function greet(socket: Socket, expected: Map<string, Expected>): void {
  socket.on('error', () => undefined);
  // Whoever takes it over says whether it holds the host.
  socket.unref();
  const read = (): void => {
    const greeting: unknown = socket.read(TOKEN_LENGTH + 1);
    if (!Buffer.isBuffer(greeting)) return;
    socket.off('readable', read);
    const token = greeting.toString('latin1', 0, TOKEN_LENGTH);
    const entry = expected.get(token);
    const fd = greeting.toString('latin1', TOKEN_LENGTH);
    if (entry === undefined || entry.sockets.has(fd)) return void socket.destroy();
    entry.sockets.set(fd, socket);
    const sockets = HANDED_OVER.map((each) => entry.sockets.get(String(each))).filter((each) => each !== undefined);
    if (sockets.length < HANDED_OVER.length) return;
    expected.delete(token);
    entry.all.settle(sockets);
  };
  socket.on('readable', read);
}
