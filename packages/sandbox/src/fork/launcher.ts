import { access, constants, realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createError } from '@kb-labs/contracts';
import type { ConfinementReport } from '@kb-labs/contracts';
import type { Launcher } from './child-command.js';
import { findCoreLimiter } from './core-limit.js';
import { describeConfinement } from './fork-confinement.js';
import { assertNodeRuns } from './start-failure.js';
import { probeWall } from './wall.js';

/** How this machine starts guests, and what keeps them there. */
export interface PreparedLauncher {
  readonly launcher: Launcher;
  readonly report: ConfinementReport;
}

/** Looks once at what this machine has. Throws `ERR_CONFINEMENT_TOO_WEAK` where the wall is required and does not work. */
export async function prepareLauncher(wall: 'auto' | 'required' | 'off'): Promise<PreparedLauncher> {
  assertNodeRuns();
  const probe = wall === 'off' ? undefined : await probeWall();
  if (wall === 'required' && probe?.works === false) {
    throw createError('ERR_CONFINEMENT_TOO_WEAK', `the wall is required: ${probe.reason}`, {
      hint: 'install bubblewrap and allow user namespaces, or say wall: "auto" and accept guards',
    });
  }
  const launcher: Launcher = {
    wall: probe?.works === true ? probe.wall : undefined,
    setpriv: await findSetpriv(),
    coreLimiter: await findCoreLimiter(),
    // Next to this file once both are bundled into dist/, and there alone.
    bootstrap: await realpath(fileURLToPath(new URL('./bootstrap.cjs', import.meta.url))),
  };
  return { launcher, report: describeConfinement(launcher.wall) };
}

async function findSetpriv(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const place of ['/usr/bin/setpriv', '/bin/setpriv']) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // Not there: the guest then ends when it sees its channel close, unless it spins.
    }
  }
  return undefined;
}
