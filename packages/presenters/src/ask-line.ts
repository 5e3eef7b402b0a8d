import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The next line that a person types, `undefined` where none comes: the input ends or breaks, or the signal goes. What came with it is dropped. */
export function askLine(input: Readable, signal: AbortSignal): Promise<string | undefined> {
  if (signal.aborted || !input.readable) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // The terminal itself shows what is typed; `terminal: true` would make readline take over every key.
    const lines = createInterface({ input, terminal: false });
    const end = (line?: string): void => {
      signal.removeEventListener('abort', stop);
      input.off('error', stop);
      resolve(line);
      // Pauses the input, so that it does not keep the process alive.
      lines.close();
    };
    const stop = (): void => end();
    lines.once('line', end);
    lines.once('close', stop);
    // Newer versions of Node pass errors of the input on.
    lines.on('error', stop);
    input.once('error', stop);
    signal.addEventListener('abort', stop);
  });
}

/** A terminal hands over what waits in it within a turn of the event loop; a person takes longer to read a question. */
const TYPED_BEFORE_MS = 50;

/** Throws away what was typed before there was anything to answer: a yes to one question must not be one to the next. */
export function dropTyped(input: Readable): Promise<void> {
  if (!input.readable) return Promise.resolve();
  return new Promise((resolve) => {
    const drop = (): void => undefined;
    const end = (): void => {
      clearTimeout(timer);
      input.off('data', drop).off('end', end).off('error', end);
      input.pause();
      resolve();
    };
    const timer = setTimeout(end, TYPED_BEFORE_MS).unref();
    input.on('error', end).on('end', end).on('data', drop);
  });
}
