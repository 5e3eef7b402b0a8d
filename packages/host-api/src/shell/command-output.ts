import type { Readable } from 'node:stream';

/** What a command writes, up to a limit over both streams. */
export interface CommandOutput {
  stdout(): Uint8Array;
  stderr(): Uint8Array;
}

/** Listens from now on. `onExcess` is called once, with the first byte that is too much; from then on nothing is kept. */
export function collectOutput(
  streams: { readonly stdout: Readable; readonly stderr: Readable },
  maxBytes: number,
  onExcess: () => void,
): CommandOutput {
  const kept = { stdout: new Array<Uint8Array>(), stderr: new Array<Uint8Array>() };
  let bytes = 0;
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].on('data', (chunk: Buffer) => {
      const fitted = bytes <= maxBytes;
      bytes += chunk.length;
      if (bytes <= maxBytes) kept[name].push(chunk);
      else if (fitted) onExcess();
    });
  }
  return {
    stdout: () => new Uint8Array(Buffer.concat(kept.stdout)),
    stderr: () => new Uint8Array(Buffer.concat(kept.stderr)),
  };
}
