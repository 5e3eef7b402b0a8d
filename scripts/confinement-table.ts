// Writes docs/confinement.md from what the tests attacked: `node scripts/confinement-table.ts <folder of JSON reports> [--check]`.
// With --check it writes nothing, and fails where the page is not what it would write. It fails as well where a claim does not hold, and
// where a row of the attack corpus has no test.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparePages, renderPage, withoutWall } from '../apps/integration/src/confinement/confinement-page.ts';
import { readReport } from '../apps/integration/src/confinement/read-report.ts';
import type { TestReport } from '../apps/integration/src/confinement/read-report.ts';
import type { CorpusSection } from '../apps/integration/src/confinement/rows-table.ts';

const page = fileURLToPath(new URL('../docs/confinement.md', import.meta.url));
const corpusFile = new URL('../apps/integration/test/attacks/rows.json', import.meta.url);

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const [folder] = positionals;
if (folder === undefined)
  throw new Error('usage: node scripts/confinement-table.ts <folder of JSON reports> [--check]');

const bubblewrap = findBubblewrap();
const corpus = JSON.parse(readFileSync(corpusFile, 'utf8')) as readonly CorpusSection[];
const { text, problems } = renderPage({ reports: readReports(folder), corpus, bubblewrap });
const differences = values.check === true ? compare(text) : [];

if (values.check !== true && bubblewrap === undefined) throw new Error('the page is written where bubblewrap works');
if (values.check !== true) writeFileSync(page, text);
for (const line of [...problems, ...differences]) console.error(line);
if (differences.length > 0) console.error('docs/confinement.md is not current: run `pnpm confinement`');
process.exitCode = problems.length + differences.length === 0 ? 0 : 1;

/** The newest Node first. */
function readReports(from: string): TestReport[] {
  return readdirSync(from)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readReport(JSON.parse(readFileSync(join(from, name), 'utf8'))))
    .toSorted((one, other) => Number.parseInt(other.machine.node, 10) - Number.parseInt(one.machine.node, 10));
}

function findBubblewrap(): string | undefined {
  try {
    const probe = ['--unshare-all', '--unshare-user', '--disable-userns', '--ro-bind', '/', '/', '/bin/true'];
    execFileSync('bwrap', probe, { stdio: 'ignore' });
    return execFileSync('bwrap', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    // Not installed, or namespaces are refused: what needs it did not run.
    return undefined;
  }
}

function compare(made: string): string[] {
  const kept = readFileSync(page, 'utf8');
  if (bubblewrap !== undefined) return comparePages(kept, made);
  console.log('bubblewrap does not work here: what it keeps is not compared');
  return comparePages(withoutWall(kept), made);
}
