import { readCommandLine } from './command-line.js';
import { renderReport, renderSample } from './report.js';
import { soak } from './soak.js';

/** Exit codes: 0 nothing grew, 1 something did or a run ended otherwise than it should, 130 and 143 stopped by SIGINT and SIGTERM. */
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { json, ...options } = readCommandLine(args);
  const controller = new AbortController();
  let code: number | undefined;
  const stop = (exitCode: number) => (): void => {
    code = exitCode;
    controller.abort(new Error('the soak was stopped'));
  };
  process.once('SIGINT', stop(130)).once('SIGTERM', stop(143));
  const report = await soak({
    ...options,
    signal: controller.signal,
    onSample: (sample, runs) => void process.stderr.write(`${renderSample(sample, runs)}\n`),
  });
  process.stdout.write(`${json ? JSON.stringify(report) : renderReport(report)}\n`);
  return code ?? (report.verdict.length === 0 ? 0 : 1);
}
