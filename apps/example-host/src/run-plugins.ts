import type { AuditRecord, ExecuteResult, ExecutionEvent, PluginRegistry, Runtime } from '@kb-labs/plugin-runtime';
import { GRANTED_CAPABILITIES } from './planned-runs.js';
import type { PlannedRun } from './planned-runs.js';
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
  readonly registry: PluginRegistry;
  /** Whether hostile handlers are run as well. */
  readonly runHostile: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (label: string, event: ExecutionEvent) => void;
}

/** Runs all at once, as far as the runtime lets them, and judges each. Never rejects for what a plugin does. */
export function runPlugins(runs: readonly PlannedRun[], options: RunPluginsOptions): Promise<readonly RunReport[]> {
  return Promise.all(runs.map((run) => runOne(run, options)));
}

async function runOne(run: PlannedRun, options: RunPluginsOptions): Promise<RunReport> {
  const { label, handler, plugin } = run;
  const { id, version } = plugin.manifest;
  const named = { label, pluginId: id, handler };
  if (run.hostile && !options.runHostile) {
    const verdict = { met: true, text: 'not run: in-process confines nothing', findings: [] };
    return { ...named, verdict, result: undefined, denials: [] };
  }
  const denials: AuditRecord[] = [];
  const observe = (event: ExecutionEvent): void => {
    if (event.type === 'audit' && !event.audit.decision.allowed) denials.push(event.audit);
    options.onEvent(label, event);
  };
  const context = options.runtime.createContext({
    capabilities: GRANTED_CAPABILITIES,
    permissions: run.grant,
    root: run.root,
    // All of it is there to pick from, and no plugin here has the capability to.
    env: process.env,
    observers: [{ observe }],
    signal: options.signal,
  });
  const request = { handler, plugin: `${id}@${version}`, input: run.input };
  const result = await options.runtime.execute(request, context, options.registry);
  return { ...named, verdict: run.judge(result), result, denials };
}
