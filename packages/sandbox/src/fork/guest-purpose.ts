import type { SandboxPlan } from '@kb-labs/contracts';
import { refusesNetwork } from './node-flags.js';

/** What a process is started for, where its channel can be waited for. */
export type GuestPurpose = 'single-run' | 'many-runs' | 'rehearsed-runs' | 'rehearsal';

/**
 * What a guest of this plan is started for; `undefined` where it cannot wait for its channel as for a file. Only where Node itself refuses the network: else
 * the sockets must be guarded before the plugin's code runs. Only on Linux: elsewhere nobody has tried what descriptors it gets. One that stays, and that nobody
 * waits for yet, practises before it is ready. Not for a re-entrant plugin: its runs come in large pieces, and the practice took 10 % more of the processors
 * than it saved.
 */
export function purposeOf({ isolation }: Pick<SandboxPlan, 'isolation'>, isSpare: boolean): GuestPurpose | undefined {
  if (!refusesNetwork() || process.platform !== 'linux') return undefined;
  if (isolation.kind !== 'plugin') return 'single-run';
  return isSpare && !isolation.reentrant ? 'rehearsed-runs' : 'many-runs';
}
