import { isPluginError } from '@kb-labs/contracts';
import type { ErrorCode, PluginError } from '@kb-labs/contracts';
import { z } from 'zod';
import type { Gate } from '../gate.js';
import { readDenyReason } from '../deny-reasons.js';
import type { RuleLack } from '../room-patches.js';

/** What was asked of the broker. */
export interface ArtifactQuestion {
  readonly operation: 'read' | 'list' | 'stat' | 'write' | 'delete';
  /** As the plugin wrote it. */
  readonly uri: string;
}

/** Tells the audit what the broker decided, once: it decides and acts in one call, so what it decided shows in how that ends. */
export interface DecisionNote {
  /** It went on, so it had allowed it. */
  allowed(): void;
  failed(error: unknown): void;
}

/** A broker asks its rules first, so whoever fails with one of these was allowed. */
const AFTER_DECISION: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_ARTIFACT_NOT_FOUND',
  'ERR_ARTIFACT_CONFLICT',
  'ERR_ARTIFACT_TOO_LARGE',
  'ERR_ARTIFACT_CORRUPT',
  'ERR_ARTIFACT_EXPIRED',
  'ERR_IO_FAILED',
  'ERR_TIMEOUT',
  'ERR_QUOTA_EXCEEDED',
]);

/** A note that nobody has written yet. */
export function createDecisionNote(gate: Gate, { operation, uri }: ArtifactQuestion): DecisionNote {
  const isWriting = operation === 'write' || operation === 'delete';
  let written = false;
  const allowed = (): void => {
    if (written) return;
    written = true;
    const rule = `permissions.artifacts.${isWriting ? 'write' : 'read'}`;
    gate.note({ kind: 'artifact', operation, target: uri, decision: { allowed: true, rule } });
  };
  return {
    allowed,
    failed(error) {
      if (!isPluginError(error)) return;
      if (AFTER_DECISION.has(error.code)) allowed();
      const reason = error.code === 'ERR_ARTIFACT_PATH_INVALID' ? 'invalid-path' : readDenyReason(error);
      if (reason === undefined || written) return;
      written = true;
      const lacks = readLacks(error, isWriting ? 'write' : 'read');
      gate.note({ kind: 'artifact', operation, target: uri, decision: { allowed: false, reason }, lacks });
    },
  };
}

const lackSchema = z.object({ rule: z.unknown(), refusedBy: z.array(z.int().min(0)).min(1) });

/** What a broker says of the rule that was missing; nothing where no rule is about what was asked. */
function readLacks({ details }: PluginError, list: 'read' | 'write'): readonly RuleLack[] {
  const parsed = lackSchema.safeParse(details);
  if (!parsed.success) return [];
  const { rule, refusedBy } = parsed.data;
  return [{ section: 'artifacts', list, rule, places: refusedBy }];
}

/** Does what only the broker can decide on, and tells the audit what it decided. */
export async function decideByBroker<Result>(
  gate: Gate,
  question: ArtifactQuestion,
  work: () => Promise<Result>,
): Promise<Result> {
  const note = createDecisionNote(gate, question);
  try {
    const result = await work();
    note.allowed();
    return result;
  } catch (error) {
    note.failed(error);
    throw error;
  }
}
