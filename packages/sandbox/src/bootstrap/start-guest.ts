import { createRequire } from 'node:module';
import { loadPluginModule } from './load-module.js';
import { takeChannel } from './open-channel.js';
import { rehearseAlone } from './rehearse-alone.js';
import { rehearseOften } from './rehearse-often.js';
import { serveHost } from './serve-host.js';

/** What a host says to a guest that serves one run, and to a process that only rehearses one. */
const SINGLE_RUN = 'single-run';
const REHEARSAL = 'rehearsal';
const REHEARSED_RUNS = 'rehearsed-runs';

/** Does what the host has started this process for. Of a rehearsal the promise tells the end. */
export function startGuest(purpose: string | undefined): Promise<void> | undefined {
  if (purpose === REHEARSAL) return rehearseAlone();
  if (purpose === REHEARSED_RUNS) return rehearseOften().then(() => serveRuns(false));
  serveRuns(purpose === SINGLE_RUN);
  return undefined;
}

function serveRuns(hasSingleRun: boolean): void {
  serveHost({
    channel: takeChannel(),
    hasSingleRun,
    load: (lastResolved) => loadPluginModule(createRequire, lastResolved),
  });
}
