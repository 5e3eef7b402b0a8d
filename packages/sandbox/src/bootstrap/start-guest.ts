import { createRequire } from 'node:module';
import { loadPluginModule } from './load-module.js';
import { takeChannel } from './open-channel.js';
import { rehearseAlone } from './rehearse-alone.js';
import { serveHost } from './serve-host.js';

/** What a host says to a guest that serves one run, and to a process that only rehearses one. */
const SINGLE_RUN = 'single-run';
const REHEARSAL = 'rehearsal';

/** Does what the host has started this process for. Of a rehearsal the promise tells the end. */
export function startGuest(purpose: string | undefined): Promise<void> | undefined {
  if (purpose === REHEARSAL) return rehearseAlone();
  serveHost({
    channel: takeChannel(),
    hasSingleRun: purpose === SINGLE_RUN,
    load: (lastResolved) => loadPluginModule(createRequire, lastResolved),
  });
  return undefined;
}
