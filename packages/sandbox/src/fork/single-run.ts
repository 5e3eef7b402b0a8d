import type { SandboxPlan } from '@kb-labs/contracts';
import { refusesNetwork } from './node-flags.js';

/**
 * Whether a guest serves one run and can wait for it without a socket. Only where Node itself refuses the network: else the sockets must be guarded
 * before the plugin's code runs. Only on Linux: elsewhere nobody has tried what descriptors it gets.
 */
export function hasSingleRun({ isolation }: Pick<SandboxPlan, 'isolation'>): boolean {
  return isolation.kind !== 'plugin' && refusesNetwork() && process.platform === 'linux';
}
