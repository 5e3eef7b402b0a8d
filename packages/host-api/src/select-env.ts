import type { AuditRecord, PermissionPolicy } from '@kb-labs/contracts';
import { createAuditRecord } from './audit.js';

/** What may be given, to whom, and who hears of it. */
export interface SelectEnvOptions {
  readonly policy: PermissionPolicy;
  /** What there is to give: handed in by the host, never read from the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The names that are asked about. Default: every name in `env`. */
  readonly wanted?: readonly string[];
  readonly audit: (record: AuditRecord) => void;
}

/**
 * Copies the variables that the policy allows into a frozen record of own properties. Each name is decided on and audited, also one
 * that is not set: an answer must not tell which of the denied names exist.
 */
export function selectEnv(options: SelectEnvOptions): Readonly<Record<string, string>> {
  const { policy, env, wanted = Object.keys(env), audit } = options;
  const granted = [...new Set(wanted)].flatMap((name): [string, string][] => {
    const request = { kind: 'env', name } as const;
    const decision = policy.check(request);
    const patches = decision.allowed ? [] : policy.explain(request).patches;
    audit(createAuditRecord({ request, operation: 'read', decision, patches }));
    const value = decision.allowed && Object.hasOwn(env, name) ? env[name] : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  // `fromEntries` defines own properties, so a variable called __proto__ is a variable.
  return Object.freeze(Object.fromEntries(granted));
}
