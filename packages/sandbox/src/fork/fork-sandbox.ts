import type { SandboxAdapter } from '@kb-labs/contracts';
import { chooseStart } from './choose-start.js';
import { createCompiledProgram } from './compiled-program.js';
import { createChildPool } from './child-pool.js';
import type { ChildPool } from './child-pool.js';
import { checkForkOptions } from './fork-options.js';
import type { ForkSandboxOptions } from './fork-options.js';
import { openForkPlace } from './fork-place.js';
import { startChild } from './guest-child.js';
import { createHostGuard } from './host-guard.js';
import { prepareLauncher } from './launcher.js';
import type { PreparedLauncher } from './launcher.js';
import { openWarmPlace } from './warm-place.js';

/**
 * Runs each handler in a Node process of its own, which is gone when the run is over; with `isolation: 'plugin'` in the plan, in one that stays for later runs
 * of the same plan. Processes are kept ready for plugins that run, each for one plugin and one policy. Disposing ends all that are left.
 */
export function forkSandbox(options: ForkSandboxOptions = {}): SandboxAdapter {
  const checked = checkForkOptions(options);
  const guard = createHostGuard();
  const starts = chooseStart(checked);
  const compiled = createCompiledProgram();
  let prepared: Promise<PreparedLauncher> | undefined;
  const prepare = async (): Promise<PreparedLauncher> => {
    prepared ??= prepareLauncher(checked.wall);
    try {
      return await prepared;
    } catch (error) {
      // What failed now may work at the next try.
      prepared = undefined;
      throw error;
    }
  };
  const pool: ChildPool = createChildPool({
    ...checked,
    async start(plan, isSpare) {
      const { launcher } = await prepare();
      const { codeRoots } = checked;
      return await startChild({ plan, launcher, compiled, guard, codeRoots, isSpare, startProcess: starts.start });
    },
  });

  return {
    name: 'fork',
    confines: async () => (await prepare()).report.firmness,
    async acquire(plan) {
      pool.assertOpen(plan.signal);
      const { report } = await prepare();
      const open = plan.isolation.kind === 'plugin' ? openWarmPlace : openForkPlace;
      return await open({ plan, pool, report });
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      await Promise.all([starts[Symbol.asyncDispose](), compiled[Symbol.asyncDispose]()]);
      guard.release();
    },
  };
}
