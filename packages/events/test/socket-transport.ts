import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { EventMessage, EventTransport } from '@kb-labs/contracts';

/** A process that carries events between those who connect to it over loopback. */
export interface EventHub extends AsyncDisposable {
  /** Joins all who name the same room. */
  connect(room: string): Promise<EventTransport>;
}

export async function startHub(): Promise<EventHub> {
  const file = fileURLToPath(new URL('event-hub.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => {
    onLine(child.stdout, resolve);
  });
  const { port }: { port: number } = JSON.parse(line);
  return {
    connect: (room) => connectTransport(port, room),
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

async function connectTransport(port: number, room: string): Promise<EventTransport> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const transport = new SocketTransport(socket);
  socket.write(`${room}\n`);
  await transport.joined;
  return transport;
}

class SocketTransport implements EventTransport {
  readonly #socket: Socket;
  readonly #listeners = new Map<string, Set<(message: EventMessage) => void>>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #joined = Promise.withResolvers<void>();
  #seq = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    onLine(socket, (line) => this.#receive(line));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const gone = new Error('the connection is gone');
      for (const { reject } of [this.#joined, ...this.#waiting.values()]) reject(gone);
    });
  }

  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  send(message: EventMessage, signal: AbortSignal): Promise<void> {
    const seq = this.#seq++;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.set(seq, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ seq, message })}\n`);
    return promise.finally(() => {
      this.#waiting.delete(seq);
      signal.removeEventListener('abort', giveUp);
    });
  }

  listen(channel: string, deliver: (message: EventMessage) => void): Disposable {
    const listeners = this.#listeners.get(channel) ?? new Set();
    const listener = (message: EventMessage): void => deliver(message);
    this.#listeners.set(channel, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  #receive(line: string): void {
    const { message, taken, joined } = JSON.parse(line);
    if (joined === true) this.#joined.resolve();
    if (taken !== undefined) this.#waiting.get(taken)?.resolve();
    for (const deliver of this.#listeners.get(message?.channel) ?? []) deliver(message);
  }
}

/** Calls back with each line. `readline` will not do: it also ends lines at U+2028, which JSON holds as it is. */
function onLine(input: Readable, call: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) call(line);
  });
}
