import type { ExecuteResult, Trace, TraceSpan } from '@kb-labs/plugin-runtime';
import type { HostCheck } from './host-checks.js';
import type { LookBack } from './look-back.js';
import type { RunReport } from './run-plugins.js';

/** What the records are held to. */
export interface RecordFacts {
  readonly back: LookBack;
  readonly reports: readonly RunReport[];
  /** Every run that ended, also the invoked ones. */
  readonly ended: readonly ExecuteResult[];
  readonly secrets: readonly string[];
  readonly dryRun: boolean;
}

/** Whose each topic is. */
const SPEAKERS: Readonly<Record<string, string>> = { 'review.done': 'code-review', 'links.done': 'link-check' };

/** Holds what was recorded against what the host has seen for itself. What there was no run for is not asked. */
export function checkRecords(facts: RecordFacts): readonly HostCheck[] {
  const has = (label: string): boolean => facts.reports.some((run) => run.label === label && run.result !== undefined);
  return [
    checkAudit(facts),
    checkEvents(facts),
    checkAnalytics(facts),
    checkSecrets(facts),
    checkReadBack(facts.back),
    ...(has('release-digest') ? [checkTrace(facts.back.trace)] : []),
    ...(has('code-review (sample)') ? [checkReplay(facts.back)] : []),
    ...(facts.dryRun ? [checkDryRun(facts)] : []),
  ];
}

function checkAudit({ back, ended }: RecordFacts): HostCheck {
  const { audit, auditKept } = back;
  const denied = sum(ended.map(({ metrics }) => metrics.denials));
  return {
    name: 'every denial is on the record',
    held: auditKept && audit.denied === denied && audit.malformed === 0,
    detail: `${audit.denied} of ${denied}, and ${audit.allowed} allowed decisions`,
  };
}

function checkEvents({ back, reports, dryRun }: RecordFacts): HostCheck {
  const spoken = reports.filter(({ result, pluginId }) => result?.ok && Object.values(SPEAKERS).includes(pluginId));
  const forged = back.heard.filter(
    ({ topic, sender }) => sender.kind !== 'plugin' || SPEAKERS[topic] !== sender.pluginId,
  );
  return {
    name: 'nobody spoke for another',
    held: forged.length === 0 && back.heard.length === (dryRun ? 0 : spoken.length),
    detail: `${back.heard.length} events heard, ${forged.length} forged`,
  };
}

function checkAnalytics({ back, reports, ended }: RecordFacts): HostCheck {
  const runs = back.tracked.filter(({ source, name }) => source === 'runtime' && name === 'execution').length;
  const checks = reports.filter(({ result, pluginId }) => result?.ok && pluginId === 'link-check').length;
  const tracked = back.tracked.filter(({ source, pluginId }) => source === 'guest' && pluginId === 'link-check').length;
  return {
    name: 'each run was counted',
    held: runs === ended.length && tracked === checks,
    detail: `${runs} of ${ended.length} runs, ${tracked} records of plugins`,
  };
}

function checkSecrets({ back, secrets }: RecordFacts): HostCheck {
  const found = secrets.filter((secret) => back.recorded.includes(secret)).length;
  const { count, masked } = back.snapshots;
  return {
    name: 'no secret stands in a snapshot or in the log of decisions',
    held: found === 0,
    detail: `${found} of ${secrets.length} found in ${count} snapshots, ${masked} values masked`,
  };
}

function checkReadBack({ problems }: LookBack): HostCheck {
  return {
    name: 'what was kept can be read and stored',
    held: problems.length === 0,
    detail: problems.length === 0 ? 'without a problem' : problems.join('; '),
  };
}

function checkTrace(trace: Trace | undefined): HostCheck {
  const invoked = (trace?.roots ?? []).flatMap((root) =>
    childrenBelow(root).filter(({ kind, pluginId }) => kind === 'execution' && pluginId === 'dependency-report'),
  );
  return {
    name: 'the trace shows the run that was invoked',
    held: trace?.roots.length === 1 && invoked.length === 1,
    detail: `${trace?.spans ?? 0} spans, ${invoked.length} invoked runs`,
  };
}

function childrenBelow({ children }: TraceSpan): readonly TraceSpan[] {
  return children.flatMap((child) => [child, ...childrenBelow(child)]);
}

function checkReplay({ snapshots }: LookBack): HostCheck {
  const { replay } = snapshots;
  return {
    name: 'a snapshot was run again',
    held: replay?.same === true && replay.answered > 0 && replay.masked > 0,
    detail: replay === undefined ? 'there is none' : describeReplay(replay),
  };
}

/** `same outcome, 7 host calls answered from the record, 1 values masked`. */
export function describeReplay(replay: NonNullable<LookBack['snapshots']['replay']>): string {
  const end = replay.same ? 'same outcome' : `another way at ${JSON.stringify(replay.divergence)}`;
  return `${end}, ${replay.answered} host calls answered from the record, ${replay.masked} values masked`;
}

function checkDryRun({ back, ended }: RecordFacts): HostCheck {
  const operations = ended.flatMap((result) => result.operations);
  const real = operations.filter(({ dryRun }) => !dryRun).length;
  return {
    name: 'nothing was changed or stored',
    held: real === 0 && back.artifacts.length === 0,
    detail: `${operations.length} changes held back, ${real} made, ${back.artifacts.length} artifacts stored`,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
