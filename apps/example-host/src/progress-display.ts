import type { ExecutionEvent, Presenter } from '@kb-labs/plugin-runtime';
import { plainLine } from './plain-text.js';

/** Shows how far each run is: all in one line on a terminal, a line for each step elsewhere. */
export interface ProgressDisplay {
  show(label: string, event: ExecutionEvent): void;
}

const STEPS = 4;
const MAX_MESSAGE = 80;

interface Progress {
  readonly fraction: number;
  readonly message: string;
}

/** Says nothing until there is something to show. `isTTY`: whether the presenter draws its progress anew. */
export function createProgressDisplay(presenter: Presenter, isTTY: boolean): ProgressDisplay {
  return isTTY ? createLiveLine(presenter) : createPlainLines(presenter);
}

function createLiveLine(presenter: Presenter): ProgressDisplay {
  const running = new Map<string, Progress>();
  return {
    show(label, event) {
      if (event.type === 'execution-start') running.set(label, { fraction: 0, message: 'waiting' });
      else if (event.type === 'progress') running.set(label, toProgress(event, running.get(label)));
      else if (event.type === 'execution-end') running.delete(label);
      else return;
      const all = [...running].map(([name, { fraction, message }]) => `${name} ${percent(fraction)} ${message}`);
      presenter.progress(all.join(' | '), undefined);
    },
  };
}

function createPlainLines(presenter: Presenter): ProgressDisplay {
  const steps = new Map<string, number>();
  return {
    show(label, event) {
      if (event.type === 'execution-end') {
        const { result } = event;
        const end = result.ok ? 'ended' : `ended by ${result.error.code}`;
        presenter.progress(`${label}: ${end} after ${Math.round(result.metrics.totalMs)} ms`, undefined);
      }
      if (event.type !== 'progress') return;
      const { fraction, message } = toProgress(event, undefined);
      const step = Math.floor(fraction * STEPS);
      if (step <= (steps.get(label) ?? -1)) return;
      steps.set(label, step);
      presenter.progress(`${label}: ${percent(fraction)} ${plainLine(message, MAX_MESSAGE)}`, undefined);
    },
  };
}

function toProgress(event: ExecutionEvent & { readonly type: 'progress' }, before: Progress | undefined): Progress {
  return { fraction: event.fraction ?? before?.fraction ?? 0, message: event.message };
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}
