/**
 * @import { Dependencies, Finding, LinksDone, ReviewDone } from './digest.js'
 *
 * @typedef {object} DigestFacts
 * @property {string} name
 * @property {ReviewDone | undefined} review
 * @property {readonly Finding[]} findings
 * @property {LinksDone | undefined} links
 * @property {Dependencies} dependencies
 */

const MAX_LISTED = 20;
const SEVERITIES = ['error', 'warning', 'note'];

/** Writes the page. Names of files and messages come from other plugins, so each is escaped. @param {DigestFacts} facts */
export function renderDigest({ name, review, findings, links, dependencies }) {
  const { manifests, packages, duplicates } = dependencies;
  const sections = [
    `# Digest: ${escape(name)}`,
    '## Review',
    review === undefined ? 'No review was told of in time.' : `${review.files} files, ${review.findings} findings.`,
    ...listFindings(findings),
    '## Links',
    links === undefined ? 'No check was told of in time.' : `${links.links} links, ${links.broken} of them broken.`,
    '## Dependencies',
    `${manifests} manifests, ${packages} locked packages, ${duplicates.length} of them in several versions.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The gravest first. @param {readonly Finding[]} findings */
function listFindings(findings) {
  if (findings.length === 0) return [];
  const sorted = findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const lines = sorted
    .slice(0, MAX_LISTED)
    .map(({ file, line, severity, message }) => `- ${escape(`${file}:${line}`)} ${severity}: ${escape(message)}`);
  const more = findings.length - lines.length;
  return [[...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')];
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[\r\n]+/gu, ' ').replaceAll(/[\\|<>`*_[\]]/gu, String.raw`\$&`);
}
