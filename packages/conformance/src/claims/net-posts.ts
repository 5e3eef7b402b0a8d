import { createSocket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** Where the host listens: `guest` is a port on which the guest would. */
export type PostKind = 'tcp' | 'udp' | 'unix' | 'guest';

/** One place of the loopback, watched by the host. */
export interface NetPost extends AsyncDisposable {
  readonly kind: PostKind;
  /** What a guest must know to come here. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Connections, datagrams, or for `guest` connections that the host could make. */
  visits(): number;
  /** Tries the guest's own port from outside. */
  call(): void;
}

const HOST = '127.0.0.1';

/** Opens a post. Disposing closes it, and every connection with it. */
export async function openPost(kind: PostKind, folder: string): Promise<NetPost> {
  switch (kind) {
    case 'tcp':
      return await listen(kind, undefined);
    case 'unix':
      return await listen(kind, join(folder, `${randomUUID().slice(0, 8)}.sock`));
    case 'udp':
      return await listenForDatagrams();
    case 'guest':
      return await keepPort();
    default:
      return kind satisfies never;
  }
}

async function listen(kind: 'tcp' | 'unix', path: string | undefined): Promise<NetPost> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (path === undefined) server.listen(0, HOST, resolve);
    else server.listen(path, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    kind,
    facts: { port, path },
    visits: () => visits,
    call: () => undefined,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

async function listenForDatagrams(): Promise<NetPost> {
  let visits = 0;
  const socket = createSocket('udp4');
  socket.on('message', () => {
    visits += 1;
  });
  await new Promise<void>((resolve) => void socket.bind(0, HOST, resolve));
  return {
    kind: 'udp',
    facts: { port: socket.address().port },
    visits: () => visits,
    call: () => undefined,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void socket.close(resolve)),
  };
}

/** A port that was free a moment ago. */
async function keepPort(): Promise<NetPost> {
  const found = await listen('tcp', undefined);
  const { facts } = found;
  await found[Symbol.asyncDispose]();
  const port = Number(facts['port']);
  let visits = 0;
  return {
    kind: 'guest',
    facts: { port },
    visits: () => visits,
    call() {
      const socket = connect(port, HOST, () => {
        visits += 1;
        socket.destroy();
      });
      // Refused: nobody listens there, as it should be.
      socket.on('error', () => undefined);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const CALL_EVERY_MS = 50;

/** Knocks at the guests' own ports again and again, until it is told to stop. */
export function callIn(posts: readonly NetPost[]): () => void {
  const timer = setInterval(() => {
    for (const post of posts) post.call();
  }, CALL_EVERY_MS);
  return () => clearInterval(timer);
}
