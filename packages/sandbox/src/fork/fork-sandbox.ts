import { settledWith } from '@kb-labs/contracts';
import type { ConfinementTable, Sandbox, SandboxAdapter, SandboxPlan } from '@kb-labs/contracts';
import { chooseStart } from './choose-start.js';
import { createCompiledProgram } from './compiled-program.js';
import { createChildPool } from './child-pool.js';
import type { ChildPool } from './child-pool.js';
import { checkForkOptions } from './fork-options.js';
import type { CheckedForkOptions, ForkSandboxOptions } from './fork-options.js';
import { openForkPlace } from './fork-place.js';
import { startChild } from './guest-child.js';
import { createHostGuard } from './host-guard.js';
import { prepareLauncher } from './launcher.js';
import type { PreparedLauncher } from './launcher.js';
import { openWarmPlace, takeWarmPlace } from './warm-place.js';

/**
 * Runs each handler in a Node process of its own, which is gone when the run is over; with `isolation: 'plugin'` in the plan, in one that stays for later runs
 * of the same plan. Processes are kept ready for plugins that run, each for one plugin and one policy. Disposing ends all that are left.
 */
export function forkSandbox(options: ForkSandboxOptions = {}): SandboxAdapter {
  const checked = checkForkOptions(options);
  const guard = createHostGuard();
  const starts = chooseStart(checked);
  const compiled = createCompiledProgram();
  const launchers = createLaunchers(checked);
  const pool: ChildPool = createChildPool({
    ...checked,
    async start(plan, isSpare) {
      const { launcher } = await launchers.prepare();
      const { codeRoots } = checked;
      return await startChild({ plan, launcher, compiled, guard, codeRoots, isSpare, startProcess: starts.start });
    },
  });
  const acquire = async (plan: SandboxPlan): Promise<Sandbox> => {
    pool.assertOpen(plan.signal);
    // Without a wait where it is known, so that who comes first is first in line.
    const { report } = launchers.ready ?? (await launchers.prepare());
    const open = plan.isolation.kind === 'plugin' ? openWarmPlace : openForkPlace;
    return await open({ plan, pool, report });
  };

  return {
    name: 'fork',
    confines: () => launchers.ready?.claims ?? launchers.prepare().then(({ report }) => report.firmness),
    acquire(plan) {
      // A process that stays is had at once, so that nobody need wait for the promise of it.
      const report = plan.isolation.kind === 'plugin' && pool.isOpen ? launchers.ready?.report : undefined;
      const place = report === undefined ? undefined : takeWarmPlace({ plan, pool, report });
      return place === undefined ? acquire(plan) : settledWith(place);
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      await Promise.all([starts[Symbol.asyncDispose](), compiled[Symbol.asyncDispose]()]);
      guard.release();
    },
  };
}

/** How guests are started on this machine, which is found out once. */
interface Launchers {
  prepare(): Promise<PreparedLauncher>;
  /** `undefined` before the first `prepare` is through. */
  readonly ready: ReadyLauncher | undefined;
}

interface ReadyLauncher extends PreparedLauncher {
  readonly claims: Promise<ConfinementTable>;
}

function createLaunchers({ wall }: Pick<CheckedForkOptions, 'wall'>): Launchers {
  let prepared: Promise<PreparedLauncher> | undefined;
  let ready: ReadyLauncher | undefined;
  return {
    get ready() {
      return ready;
    },
    async prepare() {
      prepared ??= prepareLauncher(wall);
      try {
        const launcher = await prepared;
        ready ??= { ...launcher, claims: settledWith(launcher.report.firmness) };
        return launcher;
      } catch (error) {
        // What failed now may work at the next try.
        prepared = undefined;
        throw error;
      }
    },
  };
}
