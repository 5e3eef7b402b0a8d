import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SandboxPlan } from '@kb-labs/contracts';
import type { Launcher } from '../../src/fork/child-command.js';
import { chooseStart } from '../../src/fork/choose-start.js';
import { createCompiledProgram } from '../../src/fork/compiled-program.js';
import { startChild } from '../../src/fork/guest-child.js';
import type { GuestChild } from '../../src/fork/guest-child.js';
import { createHostGuard } from '../../src/fork/host-guard.js';

/** Starts guests as the adapter does, without its pool and its wall. */
export interface StartedGuests extends AsyncDisposable {
  start(plan: SandboxPlan): Promise<GuestChild>;
}

/** Those that are left end with it. */
export function startGuests(): StartedGuests {
  // As it was built.
  const bootstrap = realpathSync(fileURLToPath(new URL('../../dist/bootstrap.cjs', import.meta.url)));
  const launcher: Launcher = { wall: undefined, setpriv: undefined, coreLimiter: undefined, bootstrap };
  const guard = createHostGuard();
  const compiled = createCompiledProgram();
  const starts = chooseStart({ spawner: 'never', idleMs: 1_000 });
  const children: GuestChild[] = [];
  return {
    async start(plan) {
      const options = { plan, launcher, compiled, guard, codeRoots: [], isSpare: false, startProcess: starts.start };
      const child = await startChild(options);
      children.push(child);
      return child;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(({ session }) => session.dispose()));
      await Promise.all(children.map(({ gone }) => gone));
      await Promise.all([starts[Symbol.asyncDispose](), compiled[Symbol.asyncDispose]()]);
      guard.release();
    },
  };
}
