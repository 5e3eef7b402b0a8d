import type { DemoOptions } from './command-line.js';
import { createDemoPresenter } from './demo-presenter.js';
import { openDemoRooms } from './demo-rooms.js';
import { setDemoScene } from './demo-scene.js';
import { checkFromOutside } from './host-checks.js';
import { renderJson } from './json-report.js';
import { loadPlugins } from './load-plugins.js';
import type { LoadProblem } from './load-plugins.js';
import { lookBack } from './look-back.js';
import { plainText } from './plain-text.js';
import { planRuns } from './planned-runs.js';
import { createProgressDisplay } from './progress-display.js';
import { checkRecords } from './record-checks.js';
import { renderReport } from './render-report.js';
import { runPlugins } from './run-plugins.js';
import type { RunPluginsOptions, RunReport } from './run-plugins.js';

/** Runs the demo and writes its report. Resolves with the exit code: 0 where each did what it should. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const startedAt = Date.now();
  const { folder, dryRun } = options;
  const loaded = await loadPlugins(options.plugins);
  await using scene = await setDemoScene(loaded.plugins.map(({ root }) => root));
  const { records, secrets } = scene;
  await using rooms = openDemoRooms(options, { registry: loaded.registry, records });
  const runs = planRuns(loaded.plugins, { folder, dryRun, scene });
  const runHostile = options.sandbox !== 'in-process';
  const ran = await showProgress(options, (shown) =>
    runPlugins(runs, { ...shown, runtime: rooms.runtime, runHostile, dryRun, signal }),
  );
  if (signal.aborted) return reportStop(ran, signal);
  const reports = [...loaded.problems.map(reportUnloadable), ...ran];
  const back = await lookBack({ options, rooms, records, loaded, reports, startedAt });
  const checks = [
    ...(await checkFromOutside(scene, reports)),
    ...checkRecords({ back, reports, ended: rooms.ended, secrets, dryRun }),
  ];
  const met = reports.every(({ verdict }) => verdict.met) && checks.every(({ held }) => held);
  const report = { options, reports, back, checks, met };
  process.stdout.write(options.json ? renderJson(report) : renderReport(report, process.stdout));
  return met ? 0 : 1;
}

async function showProgress(
  { json }: DemoOptions,
  work: (shown: Pick<RunPluginsOptions, 'presenter' | 'onEvent'>) => Promise<readonly RunReport[]>,
): Promise<readonly RunReport[]> {
  using presenter = createDemoPresenter({ stream: process.stderr, silent: json });
  const display = createProgressDisplay(presenter.own, process.stderr.isTTY);
  return await work({ presenter, onEvent: (label, event) => display.show(label, event) });
}

function reportStop(ran: readonly RunReport[], { reason }: AbortSignal): number {
  const ended = ran.filter(({ result }) => result?.ok === false && result.error.code === 'ERR_ABORTED').length;
  const why = plainText(reason instanceof Error ? reason.message : String(reason));
  process.stderr.write(`Stopped: ${why}. ${ended} runs were ended, and nothing of them is left.\n`);
  return 1;
}

function reportUnloadable({ folder, problem }: LoadProblem): RunReport {
  const verdict = { met: false, text: 'not loaded', findings: [problem] };
  return { label: folder, pluginId: folder, handler: '', verdict, result: undefined, denials: [] };
}
