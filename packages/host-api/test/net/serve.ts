import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Served {
  readonly port: number;
  readonly origin: string;
  /** Connections that were accepted so far. */
  readonly accepted: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
}

/** A real server on the loopback address, closed after the test. */
export async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Served> {
  const server = createServer(handle);
  let accepted = 0;
  const open = new Set<unknown>();
  server.on('connection', (socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Clients that go away are what these tests are about.
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  return { port, origin: `http://127.0.0.1:${port}`, accepted: () => accepted, open: () => open.size };
}

/** The whole body of a response, read as a guest reads it. */
export async function readAll(
  call: (name: string, ...args: readonly unknown[]) => Promise<unknown>,
  id: number,
): Promise<string> {
  let text = '';
  for (;;) {
    const chunk = await call('net.readBody', id);
    if (!(chunk instanceof Uint8Array)) return text;
    text += Buffer.from(chunk).toString('latin1');
  }
}

/** The head of a response, as `net.fetch` answers. */
export interface Head {
  readonly id: number;
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly url: string;
  readonly redirected: boolean;
}

export function head(answer: unknown): Head {
  if (typeof answer === 'object' && answer !== null && 'id' in answer) return answer as Head;
  throw new Error('this is no head of a response');
}
