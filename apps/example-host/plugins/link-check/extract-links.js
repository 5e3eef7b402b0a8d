/**
 * A link of a document. Lines count from 1.
 * @typedef {{ readonly target: string, readonly line: number }} Link
 */

// Each part is bounded, or a line of nothing but brackets would take a time that grows with its square.
const INLINE =
  /\[(?:[^\]\\]|\\.){0,500}\]\(\s{0,9}(?:<([^<>\n]{0,2000})>|((?:[^\s()\\]|\\.|\([^\s()]{0,200}\)){1,2000}))(?:\s{1,9}(?:"[^"]{0,500}"|'[^']{0,500}'|\([^)]{0,500}\)))?\s{0,9}\)/gu;
// A badge is an image inside a link, so images are taken first.
const IMAGE = new RegExp(`!${INLINE.source}`, 'gu');
const REFERENCE = /\[((?:[^\]\\]|\\.){1,500})\]\[((?:[^\]\\]|\\.){0,500})\]/gu;
const DEFINITION = /^ {0,3}\[((?:[^\]\\]|\\.){1,500})\]:\s+(?:<([^<>]*)>|(\S+))/u;
const AUTOLINK = /<(https?:\/\/[^\s<>]{1,2000})>/gu;
const CODE_SPAN = /(?<!`)(`{1,9})(?!`)[^\n]{0,2000}?(?<!`)\1(?!`)/gu;
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
  const rest = text.replaceAll(IMAGE, 'image');
  const inline = [...text.matchAll(IMAGE), ...rest.matchAll(INLINE)].map(
    (match) => match[1] ?? unescape(match[2] ?? ''),
  );
  const references = [...rest.matchAll(REFERENCE)].flatMap((match) => {
    const target = definitions.get(label(match[2] === '' ? (match[1] ?? '') : (match[2] ?? '')));
    return target === undefined ? [] : [target];
  });
  const automatic = [...rest.matchAll(AUTOLINK)].map((match) => match[1] ?? '');
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
    return isIndented ? '' : text.replaceAll(CODE_SPAN, '');
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
