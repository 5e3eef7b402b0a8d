import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** A real server on the loopback address, from before the tests of a file until after them. */
export interface Loopback {
  readonly port: () => number;
  /** Connections since the last `reset`. */
  readonly accepted: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
  readonly reset: () => void;
  /** Ends every connection that is open: who reads none of it does not see that the other side has gone. */
  readonly drop: () => void;
}

/** Listens on 127.0.0.1. What its clients do to their connections is the tests' business, so no error of a socket is told. */
export function openLoopback(server: Server): Loopback {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  afterAll(async () => {
    drop();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: () => (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
    drop,
    reset: () => {
      accepted = 0;
    },
  };
}
