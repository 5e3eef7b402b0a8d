import type { SandboxPlan } from '@kb-labs/contracts';
import { refusesNetwork } from './node-flags.js';

/**
 * Whether a guest's run comes at once and is its only one, so that it can wait for it without a socket. Only where Node itself refuses the network: else
 * the sockets must be guarded before the plugin's code runs. Only on Linux: elsewhere nobody has tried what descriptors it gets.
 */
export function isAwaited({ isolation }: SandboxPlan, isSpare: boolean): boolean {
  return !isSpare && isolation.kind !== 'plugin' && refusesNetwork() && process.platform === 'linux';
}
