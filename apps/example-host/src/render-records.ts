import { renderTraceTree } from '@kb-labs/plugin-runtime';
import type { AuditSummary, OperationRecord, Trace, TraceSpan } from '@kb-labs/plugin-runtime';
import { countTracked } from './count-tracked.js';
import { describeOperation } from './expect-tidy.js';
import type { DemoReport } from './json-report.js';
import { plainLine } from './plain-text.js';
import { describeReplay } from './record-checks.js';

/** One part of the report: what it is about, and its lines, which no terminal obeys. */
export interface ReportSection {
  readonly title: string;
  readonly lines: readonly string[];
  /** Lines that are shown; the others are in the JSON report. */
  readonly limit: number;
}

const TREE_WIDTH = 110;
const MAX_CALLS = 13;
/** Milliseconds. What is shorter is not worth a line, save what the digest itself has asked for. */
const MIN_MS = 1;
const MAX_CHANGES = 8;
const MAX_TARGETS = 6;
const MAX_WIDTH = 160;

/** What the records say, for a person. */
export function describeRecords({ back, reports, options }: DemoReport, colour: boolean): readonly ReportSection[] {
  const { trace, audit, tracked, snapshots } = back;
  const dry = reports.filter(({ result, label }) => result !== undefined && (options.dryRun || label === 'tidy'));
  return [
    ...(trace === undefined ? [] : [describeTrace(trace, colour)]),
    describeAudit(audit),
    describeTracked(tracked),
    ...dry.flatMap(({ label, result }) => describeChanges(label, result?.operations ?? [], options.dryRun)),
    ...(snapshots.replay === undefined ? [] : [describeReplayed(describeReplay(snapshots.replay))]),
  ];
}

function describeTrace(trace: Trace, colour: boolean): ReportSection {
  const tree = renderTraceTree(
    { ...trace, roots: trace.roots.map((root) => withoutTrifles(root, root.executionId)) },
    { width: TREE_WIDTH, colour, maxCalls: MAX_CALLS },
  );
  return { title: 'release-digest, as it went', lines: tree.trimEnd().split('\n'), limit: 40 };
}

function withoutTrifles(span: TraceSpan, digest: string): TraceSpan {
  const isShown = ({ kind, executionId, ms = 0, children }: TraceSpan): boolean =>
    ms >= MIN_MS || children.length > 0 || (kind === 'host-call' && executionId === digest);
  return { ...span, children: span.children.filter(isShown).map((child) => withoutTrifles(child, digest)) };
}

function describeAudit({ byKind, targets, allowed, denied }: AuditSummary): ReportSection {
  const kinds = Object.entries(byKind).toSorted(([, a], [, b]) => b.denied - a.denied || b.allowed - a.allowed);
  const refused = targets.filter((target) => target.denied > 0).slice(0, MAX_TARGETS);
  const lines = [
    ...kinds.map(([kind, counts]) => `${kind.padEnd(9)}${countsOf(counts)}`),
    ...refused.map(({ kind, target, denied: times, reasons }) =>
      line(`denied ${times} times: ${kind} ${target}: ${reasons.join(', ')}`),
    ),
  ];
  return { title: `decisions: ${allowed} allowed, ${denied} denied`, lines, limit: lines.length };
}

function countsOf({ allowed, denied }: { readonly allowed: number; readonly denied: number }): string {
  return `${String(allowed).padStart(6)} allowed, ${String(denied).padStart(4)} denied`;
}

function describeTracked(tracked: DemoReport['back']['tracked']): ReportSection {
  const lines = countTracked(tracked).map(({ name, source, records, sums }) => {
    const numbers = Object.entries(sums).map(([key, sum]) => `${key} ${Math.round(sum)}`);
    return line(`${name} (${source}): ${records} records${numbers.length === 0 ? '' : `, ${numbers.join(', ')}`}`);
  });
  return { title: 'counted', lines: lines.length === 0 ? ['nothing'] : lines, limit: lines.length + 1 };
}

/** Of a run that changes nothing there is no word where all runs are dry, save of `tidy`, which is there for it. */
function describeChanges(
  label: string,
  operations: readonly OperationRecord[],
  allDry: boolean,
): readonly ReportSection[] {
  if (operations.length === 0 && allDry && label !== 'tidy') return [];
  const lines =
    operations.length === 0 ? ['nothing'] : operations.map((operation) => line(describeOperation(operation)));
  return [{ title: `${label} would change (dry run)`, lines, limit: MAX_CHANGES }];
}

function describeReplayed(text: string): ReportSection {
  return { title: 'code-review (sample), replayed from its snapshot', lines: [line(text)], limit: 1 };
}

function line(text: string): string {
  return plainLine(text, MAX_WIDTH);
}
