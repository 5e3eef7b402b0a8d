import { fileURLToPath } from 'node:url';
import { catalogue } from './catalogue.js';
import { readCommandLine } from './command-line.js';
import { describeEnvironment, readEnvironment } from './environment.js';
import { renderTable } from './render-table.js';
import { runBenches } from './run-benches.js';
import { runInProcess } from './run-in-process.js';
import { writeGenerated } from './write-generated.js';

const SCRIPT = fileURLToPath(new URL('./bench-process.js', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Exit codes: 0 measured, 1 a bench threw, or with `--check` a row is not ok; 130 and 143 stopped by SIGINT and SIGTERM. */
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { names, json, quick, list, write, check } = readCommandLine(args, Object.keys(catalogue));
  if (list) return printList(names);
  const environment = readEnvironment();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const controller = new AbortController();
  let code: number | undefined;
  const stop = (exitCode: number) => (): void => {
    code = exitCode;
    controller.abort(new Error('stopped'));
  };
  process.once('SIGINT', stop(130)).once('SIGTERM', stop(143));
  say(describeEnvironment(environment));
  const { rows, failures, seconds } = await runBenches({
    names,
    quick,
    signal: controller.signal,
    progress: say,
    runOne: (name, options) => runInProcess({ ...options, script: SCRIPT, name }),
  });
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else process.stdout.write(`${describeEnvironment(environment)}\n\n${renderTable(rows)}\n`);
  say(`${rows.filter(({ ok }) => ok).length} of ${rows.length} rows are ok, in ${seconds.toFixed(0)} s`);
  for (const { name, reason } of failures) say(`${name} FAILED: ${reason}`);
  if (write && code === undefined) await writeGenerated({ repository: REPOSITORY, environment, rows });
  return code ?? (failures.length > 0 || (check && rows.some(({ ok }) => !ok)) ? 1 : 0);
}

async function printList(names: readonly string[]): Promise<number> {
  for (const name of names) {
    const bench = await catalogue[name]?.();
    process.stdout.write(`${name.padEnd(20)} ${bench?.title ?? ''}\n`);
  }
  return 0;
}
