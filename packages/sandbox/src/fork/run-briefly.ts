import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Readable, Writable } from 'node:stream';

/** How a command ended, and the first 64 KiB of what it said on each stream. */
export interface BriefRun {
  /** `undefined` where it did not start, was killed or took longer than 5 s. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_MS = 5_000;
const MOST_TEXT = 65_536;

/** Runs a small command of the system with an empty environment, for a probe. Never rejects. `given` is what it reads from descriptor 4 on. */
export function runBriefly(
  file: string,
  args: readonly string[],
  given: readonly Uint8Array[] = [],
): Promise<BriefRun> {
  const { promise, resolve } = Promise.withResolvers<BriefRun>();
  const child = spawn(file, args, {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'ignore', ...given.map(() => 'pipe' as const)],
    timeout: LONGEST_MS,
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (data: Buffer) => {
      text[name] = (text[name] + data.toString('utf8')).slice(0, MOST_TEXT);
    });
  }
  child.once('error', (error) => resolve({ code: undefined, stdout: '', stderr: error.message }));
  // Out of descriptors, Node makes no pipes.
  const extra: readonly (Readable | Writable | null | undefined)[] = Array.isArray(child.stdio) ? child.stdio : [];
  for (const stream of extra) stream?.on('error', () => undefined);
  for (const [index, bytes] of given.entries()) {
    const stream = extra[4 + index];
    if (stream instanceof Duplex) stream.resume().end(bytes);
  }
  child.once('close', (code) => resolve({ code: code ?? undefined, ...text }));
  return promise;
}
