import pc from 'picocolors';
import type { ConfinementReport } from '@kb-labs/plugin-runtime';
import { collectDenials, describePatches } from './denials.js';
import type { Denial } from './denials.js';
import type { DemoReport } from './json-report.js';
import { plainLine } from './plain-text.js';
import { describeRecords } from './render-records.js';
import { renderTable } from './render-table.js';
import type { Colors } from './render-table.js';

const MAX_WIDTH = 240;
const MAX_FINDINGS = 6;
const MAX_DENIALS = 12;

/** The report for a person. Coloured on a terminal, unless `NO_COLOR` is set; whatever guests said is escaped. */
export function renderReport(report: DemoReport, stream: { readonly isTTY?: boolean }): string {
  const isColoured = stream.isTTY === true && !process.env['NO_COLOR'];
  const colors = pc.createColors(isColoured);
  const sections = [
    renderTable(report.reports, colors),
    ...renderFindings(report, colors),
    ...renderDenials(report, colors),
    ...describeRecords(report, isColoured).map(({ title, lines, limit }) => section(title, lines, { colors, limit })),
    ...renderConfinement(report, colors),
    ...renderChecks(report, colors),
    ...renderArtifacts(report, colors),
    report.met
      ? colors.green('Each did what it should.')
      : colors.red('Not each did what it should: see the rows marked NO.'),
  ];
  return `\n${sections.join('\n\n')}\n`;
}

function renderFindings({ reports }: DemoReport, colors: Colors): readonly string[] {
  return reports
    .filter(({ verdict }) => verdict.findings.length > 0)
    .map(({ label, pluginId, verdict }) =>
      section(label, verdict.findings.map(line), {
        colors,
        limit: pluginId === 'hostile' ? Number.POSITIVE_INFINITY : MAX_FINDINGS,
      }),
    );
}

function renderDenials({ reports }: DemoReport, colors: Colors): readonly string[] {
  return reports
    .map((report) => ({ report, denials: collectDenials(report) }))
    .filter(({ denials }) => denials.length > 0)
    .map(({ report, denials }) =>
      section(`denied to ${report.label}`, denials.map(describeDenial), { colors, limit: MAX_DENIALS }),
    );
}

function describeDenial(denial: Denial): string {
  const { kind, operation, target, reason, rule, times } = denial;
  const why = rule === undefined ? reason : `${reason} (${rule})`;
  const often = times === 1 ? '' : `, ${times} times`;
  return `${line(`${kind} ${operation} ${target}: ${why}${often}`)}\n    ${line(describePatches(denial))}`;
}

/** Each kind of confinement that there was, once. */
function renderConfinement({ reports }: DemoReport, colors: Colors): readonly string[] {
  const kinds = new Map<string, ConfinementReport>();
  for (const { result } of reports) {
    if (result?.confinement !== undefined) kinds.set(JSON.stringify(result.confinement), result.confinement);
  }
  return [...kinds.values()].map(({ adapter, firmness, by }) => {
    const mechanisms: Readonly<Record<string, string>> = by;
    const lines = Object.entries(firmness).map(
      ([name, firm]) => `${name.padEnd(8)} ${firm.padEnd(6)} ${line(mechanisms[name] ?? '')}`,
    );
    return section(`confined by ${adapter}`, lines, { colors, limit: lines.length });
  });
}

function renderChecks({ checks }: DemoReport, colors: Colors): readonly string[] {
  const lines = checks.map(
    ({ name, held, detail }) => `${held ? colors.green('ok') : colors.red('NO')} ${name}: ${line(detail)}`,
  );
  return [section('seen from outside', lines, { colors, limit: lines.length })];
}

function renderArtifacts({ options, back }: DemoReport, colors: Colors): readonly string[] {
  const lines = back.artifacts.map(({ uri, bytes, location }) => `${line(uri)}, ${bytes} bytes\n    ${line(location)}`);
  return [section(`artifacts in ${options.artifacts}`, lines.length === 0 ? ['none'] : lines, { colors, limit: 20 })];
}

function section(
  title: string,
  lines: readonly string[],
  { colors, limit }: { readonly colors: Colors; readonly limit: number },
): string {
  const more = lines.length - limit;
  const shown = more > 0 ? [...lines.slice(0, limit), `and ${more} more: see --json`] : lines;
  return [colors.bold(plainLine(title, MAX_WIDTH)), ...shown.map((text) => `  ${text}`)].join('\n');
}

function line(text: string): string {
  return plainLine(text, MAX_WIDTH);
}
