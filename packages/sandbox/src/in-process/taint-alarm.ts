import { watchBuiltIns } from './built-ins-watch.js';
import { createGlance } from './glance.js';

/** Marks the runs during which built-in objects of the process changed, and warns the process. */
export interface TaintAlarm {
  /** A run begins. */
  enter(): WatchedRun;
  /**
   * It is over. Names what has changed meanwhile; empty where nothing has. What changed while several were under way is told of each: nobody can tell
   * whose it was. `now`, by `performance.now()`, is for whoever has just looked.
   */
  leave(run: WatchedRun, now?: number): string;
}

/** A run that is under way. Only the alarm reads and writes what it holds. */
export interface WatchedRun {
  /** When it began, by `performance.now()`. */
  readonly since: number;
  changed: string;
  index: number;
}

/** A look is taken again once so many times as long as it takes have passed: looking takes a tenth of the time at the most. */
const REST = 9;
/** The longest rest, in milliseconds: a look that was held up by other processes has cost this one nothing. */
const MAX_REST_MS = 0.25;

/**
 * Makes the alarm. What has been changed by now, by a host's own polyfills say, is taken as it is. Each run begins and ends with a look at everything, save
 * where runs follow one another faster than looks can: those are given a glance, and the next look, at the end of the turn at the latest, sees to the rest.
 */
export function createTaintAlarm(): TaintAlarm {
  const builtIns = watchBuiltIns();
  const open = createOpenRuns();
  let isAsBefore = createGlance();
  let restsUntil = 0;
  let isOwed = false;

  const look = (): void => {
    isOwed = false;
    const begun = performance.now();
    const changed = builtIns.look();
    const ended = performance.now();
    restsUntil = ended + Math.min(REST * (ended - begun), MAX_REST_MS);
    if (changed === '') return;
    isAsBefore = createGlance();
    for (let index = 0; index < open.runs.length; index += 1) {
      const run = open.runs[index];
      if (run !== undefined) run.changed += run.changed === '' ? changed : `, ${changed}`;
    }
    warn(changed, open.runs.length);
  };
  /** Tells what time it is. What was changed and put back leaves no trace for a look, and none for a glance. */
  const lookOrGlance = (now: number = performance.now()): number => {
    if (!isAsBefore() || now >= restsUntil) {
      look();
      return performance.now();
    }
    if (!isOwed) setImmediate(() => (isOwed ? look() : undefined));
    isOwed = true;
    return now;
  };

  return {
    enter() {
      return open.add(lookOrGlance());
    },
    leave(run, now) {
      try {
        lookOrGlance(now);
      } finally {
        // A look warns, and a handler may have changed what that takes.
        open.delete(run);
      }
      return run.changed;
    },
  };
}

interface OpenRuns {
  readonly runs: readonly WatchedRun[];
  add(since: number): WatchedRun;
  delete(run: WatchedRun): void;
}

/** By index, without a method that a handler may have replaced. */
function createOpenRuns(): OpenRuns {
  const runs: WatchedRun[] = [];
  return {
    runs,
    add(since) {
      const run = { since, changed: '', index: runs.length };
      runs[run.index] = run;
      return run;
    },
    delete(run) {
      const last = runs[runs.length - 1];
      if (last !== undefined) {
        runs[run.index] = last;
        last.index = run.index;
      }
      runs.length -= 1;
    },
  };
}

/** Everything in the process is concerned, and not the run alone: whoever listens to `process.on('warning')` can end it. */
function warn(changed: string, runs: number): void {
  const when = runs === 0 ? 'between two runs in this process' : 'while a handler ran in this process';
  process.emitWarning(`built-in objects changed ${when}: ${changed}`, {
    type: 'PluginTaintWarning',
    code: 'KB_BUILT_INS_CHANGED',
    detail: 'Nothing in this process can be relied on any more. Run plugins that are not trusted in another sandbox.',
  });
}
