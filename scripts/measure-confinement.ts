// Attacks every adapter on each version of Node and writes docs/confinement.md: `node scripts/measure-confinement.ts`, or `pnpm confinement`.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const reports = join(repository, 'node_modules/.cache/confinement');
/** Where claims and rows of the attack corpus are put to the test. */
const files = ['.conformance.test.ts', 'test/attacks/', 'test/faults/', 'test/fuzz/', 'test/races/', 'soak/test/'];
const legs: Readonly<Record<string, readonly string[]>> = {
  default: [],
  node24: ['--node', '24'],
  node22: ['--node', '22'],
};

rmSync(reports, { recursive: true, force: true });
// A leg that fails has its report all the same, and what it says stands on the page.
for (const [name, node] of Object.entries(legs))
  run('run-tests.ts', [...node, ...files], join(reports, `${name}.json`));
process.exitCode = run('confinement-table.ts', [reports], undefined);

function run(script: string, args: readonly string[], report: string | undefined): number {
  const env = report === undefined ? process.env : { ...process.env, KB_TEST_REPORT: report };
  const { status } = spawnSync(process.execPath, [join(repository, 'scripts', script), ...args], {
    cwd: repository,
    stdio: 'inherit',
    env,
  });
  return status ?? 1;
}
