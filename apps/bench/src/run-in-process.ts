import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { BenchRow } from './bench.js';

/** What the process of a bench says. The last message is `rows` or `failed`. */
export type ToParent =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'rows'; readonly rows: readonly BenchRow[] }
  | { readonly type: 'failed'; readonly reason: string };

export interface ProcessRun {
  /** The script that runs the bench whose name is its first argument. */
  readonly script: string;
  readonly name: string;
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** Milliseconds that a bench has to dispose of its things after an abort. Default 3 000. */
  readonly graceMs?: number;
}

/** Characters of what a bench printed that are told where it fails without a reason. */
const TAIL_LENGTH = 4000;

/**
 * Runs one bench in a process and a process group of its own, so that nothing of it warms, or outlives, another. Throws what it threw, also
 * where it ended without rows. After an abort it may clean up; then its whole group is killed.
 */
export async function runInProcess(run: ProcessRun): Promise<readonly BenchRow[]> {
  const { script, name, quick, signal, progress, graceMs = 3000 } = run;
  signal.throwIfAborted();
  const child = spawn(process.execPath, [script, name, ...(quick ? ['--quick'] : [])], {
    detached: true,
    // Peers print what they please.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const exited = once(child, 'exit');
  let last: Exclude<ToParent, { type: 'progress' }> | undefined;
  child.on('message', (message: ToParent) => {
    if (message.type === 'progress') progress(message.text);
    else last = message;
  });
  const printed = keepTail(child);
  using _stop = stopOnAbort(child, signal, graceMs);
  const [code, killedBy] = await exited;
  killGroup(child);
  signal.throwIfAborted();
  if (last?.type === 'rows') return last.rows;
  throw new Error(
    last?.reason ?? `the process of the bench ended without a row (${killedBy ?? `exit code ${code}`})\n${printed()}`,
  );
}

function keepTail({ stderr }: ChildProcess): () => string {
  let tail = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = `${tail}${text}`.slice(-TAIL_LENGTH);
  });
  return () => tail;
}

function stopOnAbort(child: ChildProcess, signal: AbortSignal, graceMs: number): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    timer = setTimeout(() => killGroup(child), graceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
