import { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { createSettled } from '../wire/waiting.js';
import type { ProcessStreams } from './started-process.js';

/** What is in the pipes when a process ends arrives within this time; a stray holder of a pipe may keep it open for ever. */
export const DRAIN_MS = 100;
/** V8 tells why it ends before a stack of its own frames, which is some kilobytes long. */
const KEPT_STDERR = 16_384;

/** What a guest writes past its channel. */
export interface OutputWatch {
  readonly listen: (listener: (source: 'stdout' | 'stderr', text: string) => void) => void;
  /** The end of what it wrote there. */
  readonly stderr: () => string;
  readonly ended: Promise<unknown>;
}

/** Reads both from the beginning. Who listens late misses what came before. */
export function watchOutput(streams: ProcessStreams): OutputWatch {
  let listener: ((source: 'stdout' | 'stderr', text: string) => void) | undefined;
  let stderr = '';
  const ended = (['stdout', 'stderr'] as const).map((name) => {
    const { promise, settle } = createSettled<true>();
    const stream = streams[name];
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      if (name === 'stderr') stderr = (stderr + text).slice(-KEPT_STDERR);
      listener?.(name, text.endsWith('\n') ? text.slice(0, -1) : text);
    });
    stream.once('close', () => settle(true));
    return promise;
  });
  return {
    listen: (next) => {
      listener = next;
    },
    stderr: () => stderr,
    ended: Promise.all(ended),
  };
}

/** Tells whether the other end was closed with something unread in it, where the kernel does. */
export function watchUnread(channel: Duplex): () => boolean {
  let unread = false;
  channel.on('error', (error) => {
    unread ||= 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
  });
  return () => unread;
}

/** Reads on until a turn of the event loop brings nothing: what a dead process has written is there already. */
export async function drain(streams: readonly Readable[]): Promise<void> {
  const sockets = streams.filter((stream) => stream instanceof Socket);
  const countBytes = (): number => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const end = performance.now() + DRAIN_MS;
  let before: number;
  do {
    before = countBytes();
    // The first may still belong to the turn that told of the end.
    await nextTurn();
    await nextTurn();
  } while (countBytes() > before && performance.now() < end);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
