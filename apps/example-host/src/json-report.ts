import type { Confinement, ErrorEnvelope, ExecutionMetrics, Firmness } from '@kb-labs/plugin-runtime';
import type { DemoOptions } from './command-line.js';
import { collectDenials } from './denials.js';
import type { Denial } from './denials.js';
import type { HostCheck } from './host-checks.js';
import type { RunReport } from './run-plugins.js';
import type { Verdict } from './verdict.js';

/** All that the demo found out. */
export interface DemoReport {
  readonly options: DemoOptions;
  readonly reports: readonly RunReport[];
  readonly checks: readonly HostCheck[];
  readonly met: boolean;
}

/** The report as `--json` writes it. Times in milliseconds, sizes in bytes. */
interface JsonReport {
  readonly ok: boolean;
  readonly folder: string;
  readonly node: string;
  readonly sandbox: string;
  readonly runs: readonly JsonRun[];
  readonly checks: readonly HostCheck[];
  readonly artifactsFolder: string;
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
  readonly artifacts: readonly { readonly uri: string; readonly bytes: number; readonly location: string }[];
  readonly data: unknown;
}

/** The report as text. What JSON does not know, a guest may have returned all the same: it becomes an array or text. */
export function renderJson(report: DemoReport): string {
  return `${JSON.stringify(toJsonReport(report), toJsonValue, 2)}\n`;
}

function toJsonReport({ options, reports, checks, met }: DemoReport): JsonReport {
  return {
    ok: met,
    folder: options.folder,
    node: process.versions.node,
    sandbox: options.sandbox === 'fork' ? `fork, wall ${options.wall}` : options.sandbox,
    runs: reports.map(toJsonRun),
    checks,
    artifactsFolder: options.artifacts,
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
    artifacts: (result?.artifacts ?? []).map(({ uri, bytes, location }) => ({ uri, bytes, location })),
    data: result?.ok === true ? result.data : undefined,
  };
}

function pickError({ code, message, stage }: ErrorEnvelope): JsonRun['error'] {
  return { code, message, stage };
}

function toJsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map || value instanceof Set ? [...value] : value;
}
