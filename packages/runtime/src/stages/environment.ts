import type { AuditRecord, PermissionPolicy } from '@kb-labs/contracts';
import { selectEnv } from '@kb-labs/host-api';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** What decides on variables, and who is told. */
export interface EnvWish {
  readonly job: Job;
  readonly prepared: Prepared;
  readonly policy: PermissionPolicy;
  readonly audit: (record: AuditRecord) => void;
}

/**
 * The variables that the guest gets. The audit is told of those, and of the names that the plugin asks for and does not get;
 * not of everything else that the host's environment holds.
 */
export function pickEnv({ job, prepared, policy, audit }: EnvWish): Readonly<Record<string, string>> {
  const { env, permissions } = job.settings;
  const spec = prepared.manifest === undefined ? permissions : prepared.manifest.permissions;
  const named = (spec?.env?.allow ?? []).filter((rule) => !rule.endsWith('*'));
  const matched = Object.keys(env).filter((name) => policy.check({ kind: 'env', name }).allowed);
  return selectEnv({ policy, env, wanted: [...named, ...matched], audit });
}
