import { isPluginError } from '@kb-labs/contracts';
import type { DenyReason, ErrorCode, ErrorDetails } from '@kb-labs/contracts';
import { z } from 'zod';
import type { Gate } from '../gate.js';
import type { RuleLack } from '../room-patches.js';

/** What was asked of the port. */
export interface EventQuestion {
  readonly operation: 'publish' | 'subscribe';
  /** A topic or a pattern, as the plugin wrote it. */
  readonly topic: string;
}

/** The rules are asked before these limits. */
const AFTER_DECISION: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_EVENT_TOO_LARGE',
  'ERR_EVENT_OVERFLOW',
  'ERR_QUOTA_EXCEEDED',
  'ERR_IO_FAILED',
]);

/** What is reserved, or would let one plugin refuse the events of others, no rule can lift. */
const MANDATORY: ReadonlySet<unknown> = new Set(['reserved', 'may-not-reject']);

/** Does what the port's own rules decide on, and tells the audit what they said. A port that has ended decides nothing. */
export async function decideByPort<Result>(
  gate: Gate,
  { operation, topic }: EventQuestion,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  const allow = (): void => {
    const rule = `permissions.events.${operation === 'publish' ? 'produce' : 'consume'}`;
    gate.note({ kind: 'event', operation, target: topic, decision: { allowed: true, rule } });
  };
  try {
    const result = await work();
    allow();
    return result;
  } catch (error) {
    if (isPluginError(error)) {
      const reason = error.code === 'ERR_EVENT_DENIED' ? readReason(error.details) : undefined;
      if (reason !== undefined) {
        const lacks = readLacks(error.details, { operation, topic });
        gate.note({ kind: 'event', operation, target: topic, decision: { allowed: false, reason }, lacks });
      }
      if (AFTER_DECISION.has(error.code)) allow();
    }
    throw error;
  }
}

const lackSchema = z.object({
  scope: z.string(),
  unlisted: z.array(z.int().min(0)),
  unscoped: z.array(z.int().min(0)),
});

/** What the rules say of what was missing in them: the topic, the scope or both. */
function readLacks(details: ErrorDetails, { operation, topic }: EventQuestion): readonly RuleLack[] {
  const parsed = lackSchema.safeParse(details);
  if (!parsed.success) return [];
  const { scope, unlisted, unscoped } = parsed.data;
  return [
    { section: 'events', list: operation === 'publish' ? 'produce' : 'consume', rule: topic, places: unlisted },
    { section: 'events', list: 'scopes', rule: scope, places: unscoped },
  ];
}

/** In the audit's words. The first of the rule sets is what was asked for, those behind it are what was granted. */
function readReason({ reason, rules }: ErrorDetails): DenyReason | undefined {
  if (reason === 'closed') return undefined;
  if (MANDATORY.has(reason)) return 'mandatory-deny';
  return typeof rules === 'number' && rules > 0 ? 'not-granted' : 'not-requested';
}
