import type { GuestMessage } from './messages.js';

/** How far a guest and its host have come. Each word has its time. */
export interface Progress {
  ready: boolean;
  running: boolean;
  /** Whether this run was lent `analytics.track`. */
  mayTrack: boolean;
  result: boolean;
  ended: boolean;
  done: boolean;
  broken: boolean;
}

/** Before the first word. */
export const NO_PROGRESS: Readonly<Progress> = {
  ready: false,
  running: false,
  mayTrack: false,
  result: false,
  ended: false,
  done: false,
  broken: false,
};

/** Whether it is time for this word. */
export function isInTurn(t: GuestMessage['t'], progress: Progress): boolean {
  if (progress.done) return false;
  if (t === 'ready') return !progress.ready;
  return t === 'done' ? progress.ended : progress.running;
}
