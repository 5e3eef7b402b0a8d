import type { AuditRecord } from '@kb-labs/plugin-runtime';
import type { RunReport } from './run-plugins.js';

/** One thing that a plugin was denied, however often it asked. */
export interface Denial {
  readonly label: string;
  readonly kind: AuditRecord['kind'];
  readonly operation: AuditRecord['operation'];
  readonly target: string;
  readonly reason: string;
  /** The rule that denies, where one does. */
  readonly rule: string | undefined;
  readonly times: number;
  /** Changes of the manifest and the grant that would allow it; none where no rule can. */
  readonly patches: AuditRecord['patches'];
}

/** The denials of a run, each once, in the order in which they came. */
export function collectDenials({ label, denials }: RunReport): readonly Denial[] {
  const found = new Map<string, Denial>();
  for (const { kind, operation, target, decision, patches } of denials) {
    if (decision.allowed) continue;
    const { reason } = decision;
    const rule = 'rule' in decision ? decision.rule : undefined;
    const key = JSON.stringify([kind, operation, target, reason, rule]);
    const times = (found.get(key)?.times ?? 0) + 1;
    found.set(key, { label, kind, operation, target, reason, rule, times, patches });
  }
  return [...found.values()];
}

/** What would have to change, as text: `grant: add /permissions/net/allow/- "api.example.com"`. */
export function describePatches({ patches, reason }: Pick<Denial, 'patches' | 'reason'>): string {
  // A rule in documents of another plugin would, and those are not for this one to change.
  if (reason === 'not-delegated') return 'whoever invoked it may not do it either';
  if (patches.length === 0) return 'no rule can allow it';
  return patches
    .map(({ document, operations }) => {
      const changes = operations.map(
        ({ op, path, value }) => `${op} ${path}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`,
      );
      return `${document}: ${changes.join(', ')}`;
    })
    .join('; ');
}
