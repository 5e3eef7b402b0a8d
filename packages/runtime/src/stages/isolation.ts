import { randomUUID } from 'node:crypto';
import type { SandboxIsolation } from '@kb-labs/contracts';
import type { ContextSettings } from '../context.js';
import type { Job } from '../request.js';
import type { IsolationChoice } from '../shared-options.js';
import type { Prepared } from './prepare.js';

/** Tells for each execution who may meet what it leaves in its sandbox. */
export type Isolations = (
  job: Pick<Job, 'settings' | 'dryRun'>,
  prepared: Pick<Prepared, 'manifest'>,
) => SandboxIsolation;

const ALONE: SandboxIsolation = Object.freeze({ kind: 'execution' });

/**
 * Makes it for one runtime. A context that names no tenant is one of its own: its stores and presenter are nobody else's, not those of a context of
 * another runtime on the same adapter either. A dry run is alone, for what it seems to change is no news for any other.
 */
export function createIsolations(fallback: IsolationChoice): Isolations {
  const tenants = new WeakMap<ContextSettings, string>();
  const tenantOf = (settings: ContextSettings): string => {
    if (settings.tenant !== undefined) return `named ${settings.tenant}`;
    const known = tenants.get(settings);
    if (known !== undefined) return known;
    const tenant = `context ${randomUUID()}`;
    tenants.set(settings, tenant);
    return tenant;
  };
  return ({ settings, dryRun }, { manifest }) => {
    if (dryRun || (settings.isolation ?? fallback) === 'execution') return ALONE;
    return { kind: 'plugin', tenant: tenantOf(settings), reentrant: manifest?.reentrant === true };
  };
}
