import { claimsTable, majorOf, WALLED_LINES } from './claims-table.ts';
import type { TestReport } from './read-report.ts';
import { rowsTable, WALLED_COLUMNS } from './rows-table.ts';
import type { CorpusSection } from './rows-table.ts';

/** All that the page is made of. */
export interface PageInput {
  /** The newest Node first. */
  readonly reports: readonly TestReport[];
  readonly corpus: readonly CorpusSection[];
  /** What `bwrap --version` says; undefined where bubblewrap does not work, and what needs it did not run. */
  readonly bubblewrap: string | undefined;
}

/** The page, and what is wrong with what it shows: claims that do not hold, rows without a test. */
export interface Page {
  readonly text: string;
  readonly problems: readonly string[];
}

/** Writes `docs/confinement.md`. */
export function renderPage({ reports, corpus, bubblewrap }: PageInput): Page {
  const hasWall = bubblewrap !== undefined;
  const claims = claimsTable(reports, hasWall);
  const rows = rowsTable(corpus, reports, hasWall);
  const total = corpus.reduce((sum, section) => sum + section.rows.length, 0);
  const text = `# What each adapter keeps

This page is written by \`pnpm confinement\`, from what the tests attacked. CI writes it again and fails where it differs.

${measuredOn(reports, bubblewrap)}

## Claims, attacked

A **wall** is attacked with everything that the conformance kit knows, a **guard** with honest mistakes, and what is **none** with nothing. \`guard 22/22\` means: claimed as a guard,
22 attacks made, 22 held. The claims are those of this kind of machine, a Linux on x86_64: elsewhere the kit finds others, and it is one line to run.

${claims.lines.join('\n')}

In the last line Node runs without its permission model and our bootstrap without its own guards, so that what holds is held by the kernel. Threads, wasm and
files that are no addons stay inside a wall and are not counted there; \`time\`, \`cpu\` and \`memory\` are kept by the host and are the same as one line above.

## The attack corpus

${total} attacks by hostile plugins and faults of hosts, each with at least one test. The figures are rows that were tried in that place and held; a row is tried where it means something,
and – says that none of a section does. A figure is the same for all versions of Node unless they are named.
What the host decides wherever a handler runs is tried in each place on the newest version, in one place on the oldest, and hardly between them; what a wall keeps is tried on those two, and
on all three by the kit above. It saves time and says the same. "Elsewhere" are rules without a place, and runs that need a host of their own.

${rows.lines.join('\n')}

What remains possible, and what a host can do about it, stands in [the threat model](threat-model.md).
`;
  return { text, problems: [...claims.problems, ...rows.problems] };
}

const MEASURED = 'Measured on';

function measuredOn(reports: readonly TestReport[], bubblewrap: string | undefined): string {
  const [first] = reports;
  const nodes = reports.map(({ machine }) => `Node ${machine.node}`).join(', ');
  return `${MEASURED} ${first?.machine.platform} ${first?.machine.kernel.split('.').slice(0, 2).join('.')}, ${bubblewrap ?? 'without bubblewrap'}, ${nodes}.`;
}

/** Lines in which two pages differ, as `- line` and `+ line`. Versions of the machine count by their major numbers alone, or not at all. */
export function comparePages(kept: string, made: string): string[] {
  const before = comparable(kept);
  const after = comparable(made);
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

function comparable(page: string): string[] {
  return page
    .split('\n')
    .map((line) =>
      line.startsWith(MEASURED) ? majorsIn(line) : line.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---'),
    )
    .filter((line) => line !== '');
}

function majorsIn(line: string): string {
  const nodes = [...line.matchAll(/Node (\d+\.\d+\.\d+)/g)].map(([, version = '']) => majorOf(version));
  return `${MEASURED} Node ${nodes.join(', ')}`;
}

/** The page as it would be without bubblewrap: to compare it on a machine that has none. */
export function withoutWall(page: string): string {
  const lines = page.split('\n').filter((line) => !WALLED_LINES.some((start) => line.startsWith(start)));
  const head = lines.findIndex((line) => line.startsWith('| ') && cellsOf(line).includes('fork with the wall'));
  const columns = cellsOf(lines[head] ?? '');
  return lines
    .map((line, index) => {
      if (head === -1 || index < head || !line.startsWith('|')) return line;
      return `| ${cellsOf(line)
        .filter((_, column) => !WALLED_COLUMNS.includes(columns[column] ?? ''))
        .join(' | ')} |`;
    })
    .join('\n');
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
