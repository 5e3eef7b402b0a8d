import type {
  ArtifactInfo,
  AuditSummary,
  Confinement,
  ErrorEnvelope,
  ExecutionMetrics,
  Firmness,
  OperationRecord,
  ReplayReport,
  Trace,
} from '@kb-labs/plugin-runtime';
import type { DemoOptions } from './command-line.js';
import { countTracked } from './count-tracked.js';
import type { TrackedCount } from './count-tracked.js';
import { collectDenials } from './denials.js';
import type { Denial } from './denials.js';
import type { HostCheck } from './host-checks.js';
import type { LookBack } from './look-back.js';
import type { RunReport } from './run-plugins.js';
import type { Verdict } from './verdict.js';

/** All that the demo found out. */
export interface DemoReport {
  readonly options: DemoOptions;
  readonly reports: readonly RunReport[];
  readonly back: LookBack;
  readonly checks: readonly HostCheck[];
  readonly met: boolean;
}

/** The report as `--json` writes it. Times in milliseconds, sizes in bytes. */
interface JsonReport {
  readonly ok: boolean;
  readonly folder: string;
  readonly node: string;
  readonly sandbox: string;
  readonly dryRun: boolean;
  readonly runs: readonly JsonRun[];
  readonly checks: readonly HostCheck[];
  readonly trace: Trace | undefined;
  readonly audit: AuditSummary;
  readonly analytics: readonly TrackedCount[];
  readonly events: readonly { readonly topic: string; readonly from: string; readonly payload: unknown }[];
  readonly replay: ReplayReport | undefined;
  readonly artifactsFolder: string;
  /** All that was stored. */
  readonly artifacts: readonly JsonArtifact[];
}

interface JsonArtifact {
  readonly uri: string;
  readonly bytes: number;
  readonly location: string;
}

interface JsonRun {
  readonly label: string;
  readonly plugin: string;
  readonly handler: string;
  readonly verdict: Verdict;
  readonly ran: boolean;
  readonly error: Pick<ErrorEnvelope, 'code' | 'message' | 'stage'> | undefined;
  readonly metrics: ExecutionMetrics | undefined;
  readonly confinement:
    | { readonly adapter: string; readonly firmness: Readonly<Record<Confinement, Firmness>> }
    | undefined;
  readonly denials: readonly Omit<Denial, 'label'>[];
  /** Those that the manifest declares. */
  readonly artifacts: readonly JsonArtifact[];
  /** What was changed, or would have been in a dry run. */
  readonly operations: readonly OperationRecord[];
  readonly data: unknown;
}

/** The report as text. What JSON does not know, a guest may have returned all the same: it becomes an array or text. */
export function renderJson(report: DemoReport): string {
  return `${JSON.stringify(toJsonReport(report), toJsonValue, 2)}\n`;
}

function toJsonReport({ options, reports, back, checks, met }: DemoReport): JsonReport {
  return {
    ok: met,
    folder: options.folder,
    node: process.versions.node,
    sandbox: options.sandbox === 'fork' ? `fork, wall ${options.wall}` : options.sandbox,
    dryRun: options.dryRun,
    runs: reports.map(toJsonRun),
    checks,
    trace: back.trace,
    audit: back.audit,
    analytics: countTracked(back.tracked),
    events: back.heard.map(({ topic, sender, payload }) => ({
      topic,
      from: sender.kind === 'plugin' ? sender.pluginId : sender.kind,
      payload,
    })),
    replay: back.snapshots.replay,
    artifactsFolder: options.artifacts,
    artifacts: back.artifacts.map(toJsonArtifact),
  };
}

function toJsonRun(report: RunReport): JsonRun {
  const { label, pluginId, handler, verdict, result } = report;
  return {
    label,
    plugin: pluginId,
    handler,
    verdict,
    ran: result !== undefined,
    error: result === undefined || result.ok ? undefined : pickError(result.error),
    metrics: result?.metrics,
    confinement: result?.confinement,
    denials: collectDenials(report).map(({ label: _label, ...denial }) => denial),
    artifacts: (result?.artifacts ?? []).map(toJsonArtifact),
    operations: result?.operations ?? [],
    data: result?.ok === true ? result.data : undefined,
  };
}

function toJsonArtifact({ uri, bytes, location }: ArtifactInfo): JsonArtifact {
  return { uri, bytes, location };
}

function pickError({ code, message, stage }: ErrorEnvelope): JsonRun['error'] {
  return { code, message, stage };
}

function toJsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map || value instanceof Set ? [...value] : value;
}
