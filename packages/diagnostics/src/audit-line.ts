import { parseJson } from '@kb-labs/contracts';
import type { AuditEntry, AuditRecord, EventStamp } from '@kb-labs/contracts';
import { createRedactor } from '@kb-labs/redaction';
import type { MaskOptions } from '@kb-labs/redaction';

/** All but printable ASCII: a line shows in a terminal or an editor as it is, and obeys none. */
const NOT_PLAIN = /[^ -~]/g;

/** Makes the line of one decision: its stamp and its record, without secrets, as ASCII. Throws `ERR_CONFIG_INVALID` for the rules. */
export function createAuditLines(redaction: MaskOptions): (entry: AuditEntry) => Buffer {
  const limits = { maxDepth: 12, maxEntries: 256, maxTextLength: 2048, maxLength: 65_536 };
  const redactor = createRedactor({ ...redaction, limits }, '/redaction');
  return (entry) => {
    const json = JSON.stringify({ ...pickStamp(entry), audit: redactor(entry.audit).value });
    return Buffer.from(`${json.replace(NOT_PLAIN, escapeUnit)}\n`);
  };
}

/** Reads one back. `undefined` for what is none. */
export function parseAuditLine(line: string): AuditEntry | undefined {
  try {
    const entry: unknown = parseJson(line);
    return isAuditEntry(entry) ? entry : undefined;
  } catch {
    // Half a line, or someone else's.
    return undefined;
  }
}

/** Whether it has what is read of it here. */
export function isAuditEntry(value: unknown): value is AuditEntry {
  if (!isRecord(value)) return false;
  const texts = [value['executionId'], value['traceId'], value['pluginId']];
  const numbers = [value['seq'], value['time']];
  return (
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => Number.isFinite(number)) &&
    isAudit(value['audit'])
  );
}

function isAudit(audit: unknown): audit is AuditRecord {
  if (!isRecord(audit) || !isRecord(audit['decision'])) return false;
  const { allowed, rule, reason } = audit['decision'];
  const grounds = allowed === true ? rule : reason;
  return (
    typeof allowed === 'boolean' &&
    typeof grounds === 'string' &&
    [audit['kind'], audit['operation'], audit['target']].every((text) => typeof text === 'string')
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pickStamp({ time, executionId, seq, traceId, spanId, parentSpanId, pluginId }: EventStamp): EventStamp {
  return { time, executionId, seq, traceId, spanId, parentSpanId, pluginId };
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
