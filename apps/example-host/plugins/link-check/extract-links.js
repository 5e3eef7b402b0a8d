/**
 * A link of a document. Lines count from 1.
 * @typedef {{ readonly target: string, readonly line: number }} Link
 */

const INLINE =
  /!?\[(?:[^\]\\]|\\.)*\]\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))+))(?:\s+(?:"[^"]*"|'[^']*'|\([^)]*\)))?\s*\)/gu;
const REFERENCE = /\[((?:[^\]\\]|\\.)+)\]\[((?:[^\]\\]|\\.)*)\]/gu;
const DEFINITION = /^ {0,3}\[((?:[^\]\\]|\\.)+)\]:\s+(?:<([^<>]*)>|(\S+))/u;
const AUTOLINK = /<(https?:\/\/[^\s<>]+)>/gu;
const FENCE = /^ {0,3}(`{3,}|~{3,})/u;

/**
 * The links of a Markdown document: inline links and images, reference links by their definitions, and autolinks. Leaves out what
 * stands in fenced or indented code, in code spans and in HTML comments. A definition that nobody uses is no link.
 * @param {string} markdown
 * @returns {readonly Link[]}
 */
export function extractLinks(markdown) {
  const lines = withoutCode(markdown);
  const definitions = new Map(
    lines.flatMap((text) => {
      const match = DEFINITION.exec(text);
      return match === null ? [] : [/** @type {const} */ ([label(match[1] ?? ''), match[2] ?? match[3] ?? ''])];
    }),
  );
  return lines.flatMap((text, index) => {
    if (DEFINITION.test(text)) return [];
    return targetsIn(text, definitions).map((target) => ({ target, line: index + 1 }));
  });
}

/** @param {string} text @param {ReadonlyMap<string, string>} definitions */
function targetsIn(text, definitions) {
  const inline = [...text.matchAll(INLINE)].map((match) => match[1] ?? unescape(match[2] ?? ''));
  const references = [...text.matchAll(REFERENCE)].flatMap((match) => {
    const target = definitions.get(label(match[2] === '' ? (match[1] ?? '') : (match[2] ?? '')));
    return target === undefined ? [] : [target];
  });
  const automatic = [...text.matchAll(AUTOLINK)].map((match) => match[1] ?? '');
  return [...inline, ...references, ...automatic].filter((target) => target !== '');
}

/** The same lines, with code and comments blanked out. @param {string} markdown */
function withoutCode(markdown) {
  const uncommented = markdown.replaceAll(/<!--[\s\S]*?(?:-->|$)/gu, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
  let fence = '';
  let isAfterBlank = true;
  return uncommented.split(/\r?\n/u).map((text) => {
    const mark = FENCE.exec(text)?.[1] ?? '';
    if (fence !== '') {
      if (mark.startsWith(fence) && text.trim() === mark) fence = '';
      return '';
    }
    fence = mark;
    if (mark !== '') return '';
    const isIndented = isAfterBlank && /^(?: {4}|\t)/u.test(text);
    isAfterBlank = text.trim() === '' || isIndented;
    return isIndented ? '' : text.replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/gu, '');
  });
}

/** Labels are compared without case and with one space between words. @param {string} text */
function label(text) {
  return text.trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}

/** @param {string} target */
function unescape(target) {
  return target.replaceAll(/\\([!-/:-@[-`{-~])/gu, '$1');
}
