import { createError } from '@kb-labs/contracts';
import type { SandboxPlan } from '@kb-labs/contracts';

/** For adapters whose guests serve one run each. Throws `ERR_CONFIG_INVALID` for a plan that asks for a guest that stays. */
export function assertOwnGuest({ isolation }: Pick<SandboxPlan, 'isolation'>, adapter: string): void {
  if (isolation.kind === 'execution') return;
  throw createError('ERR_CONFIG_INVALID', `the sandbox "${adapter}" has no isolation "${isolation.kind}"`, {
    details: { adapter, isolation: isolation.kind },
    hint: 'use the sandbox "fork" for this plugin, or isolation: \'execution\'',
  });
}
