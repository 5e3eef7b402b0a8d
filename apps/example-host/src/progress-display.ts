import type { ExecutionEvent } from '@kb-labs/plugin-runtime';
import { plainLine } from './plain-text.js';

/** Where progress is shown: `process.stderr`, or anything like it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows how far each run is: one line that is rewritten on a terminal, a line for each step elsewhere. */
export interface ProgressDisplay extends Disposable {
  show(label: string, event: ExecutionEvent): void;
}

const REWRITE_MS = 50;
const STEPS = 4;
const DEFAULT_COLUMNS = 80;

/** Writes nothing until there is something to show. Disposing clears the line on a terminal. */
export function createProgressDisplay(stream: ProgressStream): ProgressDisplay {
  return stream.isTTY === true ? createLiveLine(stream) : createPlainLines(stream);
}

interface Progress {
  readonly fraction: number;
  readonly message: string;
}

function createLiveLine(stream: ProgressStream): ProgressDisplay {
  const running = new Map<string, Progress>();
  let writtenAt = 0;
  return {
    show(label, event) {
      if (event.type === 'execution-start') running.set(label, { fraction: 0, message: 'waiting' });
      else if (event.type === 'progress') running.set(label, toProgress(event, running.get(label)));
      else if (event.type === 'execution-end') running.delete(label);
      else return;
      const now = performance.now();
      if (event.type === 'progress' && now - writtenAt < REWRITE_MS) return;
      writtenAt = now;
      const all = [...running].map(([name, { fraction, message }]) => `${name} ${percent(fraction)} ${message}`);
      const text = plainLine(all.join(' | '), columnsOf(stream) - 1);
      stream.write(`\r\u001b[2K${text}`);
    },
    [Symbol.dispose]: () => void stream.write('\r\u001b[2K'),
  };
}

function createPlainLines(stream: ProgressStream): ProgressDisplay {
  const steps = new Map<string, number>();
  return {
    show(label, event) {
      if (event.type === 'execution-end') {
        const { result } = event;
        stream.write(
          `${label}: ${result.ok ? 'ended' : `ended by ${result.error.code}`} after ${Math.round(result.metrics.totalMs)} ms\n`,
        );
      }
      if (event.type !== 'progress') return;
      const { fraction, message } = toProgress(event, undefined);
      const step = Math.floor(fraction * STEPS);
      if (step <= (steps.get(label) ?? -1)) return;
      steps.set(label, step);
      stream.write(`${label}: ${percent(fraction)} ${plainLine(message, DEFAULT_COLUMNS)}\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** A terminal that does not know its size says 0. */
function columnsOf({ columns = 0 }: ProgressStream): number {
  return columns > 0 ? columns : DEFAULT_COLUMNS;
}

function toProgress(event: ExecutionEvent & { readonly type: 'progress' }, before: Progress | undefined): Progress {
  return { fraction: event.fraction ?? before?.fraction ?? 0, message: event.message };
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}
