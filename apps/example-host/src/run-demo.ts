import { createFileArtifactStore, createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';
import type { Runtime } from '@kb-labs/plugin-runtime';
import type { DemoOptions } from './command-line.js';
import { setDemoScene } from './demo-scene.js';
import { checkFromOutside } from './host-checks.js';
import { createRegistry, loadPlugins } from './load-plugins.js';
import type { LoadedPlugin } from './load-plugins.js';
import { planRuns } from './planned-runs.js';
import { plainText } from './plain-text.js';
import { createProgressDisplay } from './progress-display.js';
import { renderReport } from './render-report.js';
import { runPlugins } from './run-plugins.js';
import type { RunReport } from './run-plugins.js';
import { renderJson } from './json-report.js';

/** A forked guest gets this long after an abort, and 50 ms of it after SIGTERM, so that all are gone within a second of Ctrl-C. */
const GRACE_MS = 150;

/** Runs the demo and writes its report. Resolves with the exit code: 0 where each did what it should. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const plugins = await loadPlugins(options.plugins);
  await using scene = await setDemoScene(plugins.flatMap((loaded) => (loaded.ok ? [loaded.plugin.root] : [])));
  await using runtime = openRuntime(options);
  const runs = plugins.flatMap((loaded) => (loaded.ok ? planRuns(loaded.plugin, options.folder, scene) : []));
  const ran = await showProgress((onEvent) =>
    runPlugins(runs, {
      runtime,
      registry: createRegistry(plugins),
      runHostile: options.sandbox !== 'in-process',
      signal,
      onEvent,
    }),
  );
  if (signal.aborted) {
    const ended = ran.filter(({ result }) => result?.ok === false && result.error.code === 'ERR_ABORTED').length;
    process.stderr.write(
      `Stopped: ${plainText(describeReason(signal.reason))}. ${ended} runs were ended, and nothing of them is left.\n`,
    );
    return 1;
  }
  const reports = [...plugins.flatMap(reportUnloadable), ...ran];
  const checks = await checkFromOutside(scene, reports);
  const met = reports.every(({ verdict }) => verdict.met) && checks.every(({ held }) => held);
  const report = { options, reports, checks, met };
  process.stdout.write(options.json ? renderJson(report) : renderReport(report, process.stdout));
  return met ? 0 : 1;
}

function openRuntime({ sandbox, wall, artifacts }: DemoOptions): Runtime {
  const artifactStore = createFileArtifactStore({ directory: artifacts });
  if (sandbox === 'in-process') {
    return createRuntime({ sandbox, requiredConfinement: 'none', artifactStore, graceMs: GRACE_MS });
  }
  return createRuntime({
    sandbox: forkSandbox({ wall }),
    requiredConfinement: wall === 'required' ? 'wall' : 'guard',
    artifactStore,
    graceMs: GRACE_MS,
  });
}

type OnEvent = Parameters<typeof runPlugins>[1]['onEvent'];

async function showProgress(work: (onEvent: OnEvent) => Promise<readonly RunReport[]>): Promise<readonly RunReport[]> {
  using display = createProgressDisplay(process.stderr);
  return await work((label, event) => display.show(label, event));
}

function describeReason(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function reportUnloadable(loaded: LoadedPlugin): readonly RunReport[] {
  if (loaded.ok) return [];
  const verdict = { met: false, text: 'not loaded', findings: [loaded.problem] };
  return [{ label: loaded.folder, pluginId: loaded.folder, handler: '', verdict, result: undefined, denials: [] }];
}
