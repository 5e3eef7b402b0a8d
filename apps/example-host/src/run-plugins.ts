import type { AuditRecord, ExecuteResult, ExecutionEvent, PluginContext, Runtime } from '@kb-labs/plugin-runtime';
import type { DemoPresenter } from './demo-presenter.js';
import { GRANTED_CAPABILITIES } from './grants.js';
import { createListening } from './listening.js';
import type { Listening } from './listening.js';
import type { PlannedRun } from './planned-run.js';
import type { Verdict } from './verdict.js';

/** What became of a planned run. `result` is absent where it was not run, and `verdict` then says why. */
export interface RunReport {
  readonly label: string;
  readonly pluginId: string;
  readonly handler: string;
  readonly verdict: Verdict;
  readonly result: ExecuteResult | undefined;
  readonly denials: readonly AuditRecord[];
}

/** What all runs share. Aborting `signal` ends each with `ERR_ABORTED`. */
export interface RunPluginsOptions {
  readonly runtime: Runtime;
  readonly presenter: DemoPresenter;
  /** Whether hostile handlers are run as well. */
  readonly runHostile: boolean;
  /** Whether all runs are dry. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (label: string, event: ExecutionEvent) => void;
}

/** Runs all at once, as far as the runtime lets them, and judges each. Never rejects for what a plugin does. */
export async function runPlugins(
  runs: readonly PlannedRun[],
  options: RunPluginsOptions,
): Promise<readonly RunReport[]> {
  const listening = createListening(runs.filter((run) => !run.hostile || options.runHostile));
  const reports = await Promise.all(runs.map((run) => runOne(run, options, listening)));
  return reports.toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

async function runOne(run: PlannedRun, options: RunPluginsOptions, listening: Listening): Promise<RunReport> {
  const { label, handler, plugin } = run;
  const { id, version } = plugin.manifest;
  const named = { label, pluginId: id, handler };
  if (run.hostile === true && !options.runHostile) {
    const verdict = { met: true, text: 'not run: in-process confines nothing', findings: [] };
    return { ...named, verdict, result: undefined, denials: [] };
  }
  if (run.announces === true) await listening.all;
  const denials: AuditRecord[] = [];
  let own: string | undefined;
  const observe = (event: ExecutionEvent): void => {
    // Of runs that it invokes it is told as well. Its own begins first.
    own ??= event.executionId;
    if (event.executionId !== own) return;
    if (event.type === 'audit' && !event.audit.decision.allowed) denials.push(event.audit);
    listening.observe(label, event);
    options.onEvent(label, event);
  };
  const request = { handler, plugin: `${id}@${version}`, input: run.input };
  const result = await options.runtime.execute(request, openContext(run, options, observe));
  listening.over(label);
  return { ...named, verdict: await run.judge(result), result, denials };
}

function openContext(
  run: PlannedRun,
  { runtime, presenter, dryRun, signal }: RunPluginsOptions,
  observe: (event: ExecutionEvent) => void,
): PluginContext {
  return runtime.createContext({
    capabilities: GRANTED_CAPABILITIES,
    permissions: run.grant,
    callees: run.callees ?? {},
    root: run.root,
    // All of it is there to pick from, and no plugin here has the capability to.
    env: process.env,
    presenter: presenter.forRun(run.label, run.answer === true),
    dryRun: dryRun || run.dryRun === true,
    observers: [{ observe }],
    signal,
  });
}
