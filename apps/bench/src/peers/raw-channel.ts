import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { childScript } from '../places.js';

/** What the child of a raw channel is asked. Answers come in any order. */
type Question = { readonly echo: unknown } | TimedReads;

/** Files, whether they are read one after the other or all at once, and how often all of them. */
interface TimedReads {
  readonly files: readonly string[];
  readonly atOnce: boolean;
  readonly times: number;
}

/** A process at the other end of a pipe, with nothing between: no checks, no limits, no policy. The floor of all that goes over a wire. */
export interface RawChannel extends AsyncDisposable {
  /** One framed round trip of JSON. */
  echo(value: unknown): Promise<unknown>;
  /** The child asks for these files, and this side reads each for it. Gives how many milliseconds each time took the child. */
  timeReads(reads: TimedReads): Promise<readonly number[]>;
}

const HEADER_BYTES = 4;

/** Boots it. Frames are a 32-bit length and JSON. */
export async function openRawChannel(): Promise<RawChannel> {
  const child = spawn(process.execPath, [childScript('raw-channel.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) throw new Error('the child has no channel');
  const waiting = new Map<number, (value: unknown) => void>();
  let asked = 0;
  const send = (message: unknown): void => void pipe.write(frame(message));
  const ask = (question: Question): Promise<unknown> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      send({ ...question, id: asked });
    });
  onFrames(pipe, (text) => {
    const message = JSON.parse(text) as { id?: number; value?: unknown; call?: number; path?: string };
    if (message.call !== undefined && message.path !== undefined) {
      const { call, path } = message;
      void readFile(path, 'utf8').then((content) => send({ call, content }));
    } else if (message.id !== undefined) {
      waiting.get(message.id)?.(message.value);
      waiting.delete(message.id);
    }
  });
  await ask({ echo: 'ready' });
  return {
    echo: (value) => ask({ echo: value }),
    timeReads: async (reads) => (await ask(reads)) as readonly number[],
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      pipe.destroy();
      await exited;
    },
  };
}

function frame(message: unknown): Buffer {
  const text = JSON.stringify(message);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text));
  bytes.writeUInt32BE(bytes.byteLength - HEADER_BYTES);
  bytes.write(text, HEADER_BYTES);
  return bytes;
}

function onFrames(pipe: Socket, take: (text: string) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  pipe.on('data', (chunk: Buffer) => {
    rest = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.byteLength >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE();
      if (rest.byteLength < end) return;
      const text = rest.toString('utf8', HEADER_BYTES, end);
      rest = rest.subarray(end);
      take(text);
    }
  });
}
