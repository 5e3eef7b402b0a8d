import { access, constants, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createError } from '@kb-labs/contracts';
import type { ConfinementReport, SandboxAdapter } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { createOpenPlaces } from '../wire/open-places.js';
import type { Launcher } from './child-command.js';
import { findCoreLimiter } from './core-limit.js';
import { describeConfinement } from './fork-confinement.js';
import { openPlace } from './guest-place.js';
import { createHostGuard } from './host-guard.js';
import { assertNodeRuns } from './start-failure.js';
import { probeWall } from './wall.js';

/** What holds a forked guest, and what it may load. An unknown or malformed option is `ERR_CONFIG_INVALID`. */
export interface ForkSandboxOptions {
  /**
   * `auto` (default) uses bubblewrap where a probe shows that it works, `required` refuses to run without it
   * (`ERR_CONFINEMENT_TOO_WEAK`), `off` never uses it.
   */
  readonly wall?: 'auto' | 'required' | 'off';
  /** Folders beside the plugin's own from which it may load code, such as a shared `node_modules`. All of what they hold can be read. */
  readonly codeRoots?: readonly string[];
}

/** Runs each handler in a Node process of its own, which is gone when the run is over. Disposing ends all that are left. */
export function forkSandbox(options: ForkSandboxOptions = {}): SandboxAdapter {
  const checked = checkOptions(options);
  const places = createOpenPlaces('fork');
  const guard = createHostGuard();
  let prepared: Promise<Prepared> | undefined;
  const prepare = async (): Promise<Prepared> => {
    prepared ??= prepareLauncher(checked);
    try {
      return await prepared;
    } catch (error) {
      // What failed now may work at the next try.
      prepared = undefined;
      throw error;
    }
  };

  return {
    name: 'fork',
    confines: async () => (await prepare()).report.firmness,
    acquire: (asked) =>
      places.acquire(asked, async (plan) => {
        const { launcher, report } = await prepare();
        if (plan.signal.aborted) throw abortError(plan.signal);
        const place = await openPlace({ plan, launcher, guard, codeRoots: checked.codeRoots });
        return { place, report, gone: place.guest.gone };
      }),
    async [Symbol.asyncDispose]() {
      await places.close();
      guard.release();
    },
  };
}

type CheckedOptions = Required<ForkSandboxOptions>;

function checkOptions({ wall = 'auto', codeRoots = [], ...others }: ForkSandboxOptions): CheckedOptions {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw createError('ERR_CONFIG_INVALID', `forkSandbox has no option "${unknown}": it has wall and codeRoots`);
  if (!['auto', 'required', 'off'].includes(wall)) {
    throw createError('ERR_CONFIG_INVALID', `wall is "auto", "required" or "off", not ${JSON.stringify(wall)}`);
  }
  if (!isListOfFolders(codeRoots)) {
    const hint = 'give codeRoots an array of absolute paths, such as ["/srv/shared/node_modules"]';
    throw createError('ERR_CONFIG_INVALID', 'codeRoots is no array of absolute paths', { hint });
  }
  return { wall, codeRoots: [...codeRoots] };
}

/** Written by hand, perhaps in JavaScript: a string would be taken for a list of its letters. */
function isListOfFolders(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && isAbsolute(entry));
}

interface Prepared {
  readonly launcher: Launcher;
  readonly report: ConfinementReport;
}

async function prepareLauncher({ wall }: CheckedOptions): Promise<Prepared> {
  await assertNodeRuns();
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
