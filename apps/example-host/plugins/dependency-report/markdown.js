/**
 * @import { LockedPackage } from './lockfile.js'
 * @import { Manifest } from './report.js'
 *
 * @typedef {object} ReportFacts
 * @property {string} title
 * @property {readonly Manifest[]} manifests
 * @property {readonly string[]} unreadable
 * @property {{ readonly file: string | undefined, readonly packages: readonly LockedPackage[], readonly problem: string | undefined }} lock
 * @property {readonly { readonly name: string, readonly versions: readonly string[] }[]} duplicates
 * @property {Readonly<Record<string, number>>} licences
 */

/** Writes the report. Names come from files that anybody may have written, so each is escaped. @param {ReportFacts} facts */
export function renderMarkdown({ title, manifests, unreadable, lock, duplicates, licences }) {
  const sections = [
    `# ${escape(title)}`,
    `${manifests.length} manifests, ${describeLock(lock)}.`,
    '## Several versions',
    duplicates.length === 0
      ? 'No package is locked in more than one version.'
      : table(
          ['package', 'versions'],
          duplicates.map(({ name, versions }) => [name, versions.join(', ')]),
        ),
    '## Licences',
    table(
      ['licence', 'packages'],
      Object.entries(licences).map(([name, count]) => [name, String(count)]),
    ),
    'Unknown: the lockfile does not say it, and installed packages were not read.',
    '## Manifests',
    table(
      ['manifest', 'name', 'licence', 'dependencies'],
      manifests.map(({ path, name, license, dependencies }) => [
        path,
        name,
        license ?? 'unknown',
        String(dependencies),
      ]),
    ),
    ...(unreadable.length === 0 ? [] : ['## Not readable', unreadable.map((path) => `- ${escape(path)}`).join('\n')]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {ReportFacts['lock']} lock */
function describeLock({ file, packages, problem }) {
  if (file === undefined) return 'no lockfile';
  return problem === undefined ? `${packages.length} packages in ${file}` : escape(problem);
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  /** @type {(cells: readonly string[]) => string} */
  const line = (cells) => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[\r\n]+/gu, ' ').replaceAll(/[\\|<>`*_[\]]/gu, String.raw`\$&`);
}
