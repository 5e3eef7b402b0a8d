import detectIndent from 'detect-indent';
import type { SurveyedValue } from './survey-json.js';

/** A member that is to be put into an object. */
export interface NewMember {
  readonly name: string;
  readonly value: unknown;
}

const DEFAULT_INDENT = '  ';
/** So much of a text shows how it is indented. */
const LOOKED_AT = 65_536;

/** The text of a document that did not exist. */
export function formatDocument(value: unknown): string {
  return `${JSON.stringify(value, undefined, DEFAULT_INDENT)}\n`;
}

/** Puts a value in the place of another, in the layout of the text around it. All else stays as it was, to the byte. */
export function replaceValue(text: string, { start, end }: SurveyedValue, value: unknown): string {
  const layout = layoutOf(text);
  const written =
    layout === undefined ? JSON.stringify(value) : format(value, { ...layout, outer: indentOfLine(text, start) });
  return text.slice(0, start) + written + text.slice(end);
}

/** Puts a member behind the last one of an object, as `replaceValue` does. */
export function insertMember(text: string, object: SurveyedValue, { name, value }: NewMember): string {
  const { start, end, lastMember } = object;
  const layout = layoutOf(text);
  const key = JSON.stringify(name);
  const isOneLine = !text.slice(start, end).includes('\n');
  if (lastMember !== undefined && (layout === undefined || isOneLine)) {
    const [comma, colon] = layout === undefined ? [',', ':'] : [', ', ': '];
    return `${text.slice(0, lastMember.end)}${comma}${key}${colon}${JSON.stringify(value)}${text.slice(lastMember.end)}`;
  }
  if (layout === undefined) return `${text.slice(0, start)}{${key}:${JSON.stringify(value)}}${text.slice(end)}`;
  const outer = indentOfLine(text, start);
  const inner = lastMember === undefined ? outer + layout.indent : indentOfLine(text, lastMember.start);
  const member = `${layout.eol}${inner}${key}: ${format(value, { ...layout, outer: inner })}`;
  if (lastMember === undefined) return `${text.slice(0, start)}{${member}${layout.eol}${outer}}${text.slice(end)}`;
  return `${text.slice(0, lastMember.end)},${member}${text.slice(lastMember.end)}`;
}

interface Layout {
  readonly indent: string;
  readonly eol: string;
}

/** `undefined` where all stands on one line, unless that is nothing but an empty object. */
function layoutOf(text: string): Layout | undefined {
  const trimmed = text.trim();
  if (!trimmed.includes('\n') && !/^\{\s*\}$/u.test(trimmed)) return undefined;
  const { indent } = detectIndent(text.slice(0, LOOKED_AT));
  return { indent: indent === '' ? DEFAULT_INDENT : indent, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function format(value: unknown, { indent, eol, outer }: Layout & { readonly outer: string }): string {
  return JSON.stringify(value, undefined, indent).replaceAll('\n', eol + outer);
}

function indentOfLine(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[\t ]*/u.exec(line)?.[0] ?? '';
}
