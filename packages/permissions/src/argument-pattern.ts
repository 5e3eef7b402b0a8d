import type { ParsedRule } from './rule-line.js';

/** The pattern that, as the last one, stands for any further arguments that cannot be options. */
export const REST = '**';

/** Whether a program may take it for an option: `-x`, or a file of them, as compilers, linkers and binutils read `@file`. */
export function canBeOption(argument: string): boolean {
  return argument.startsWith('-') || argument.startsWith('@');
}

/** Decides on one argument. Takes at most as many steps as argument and pattern have characters, added up. */
export type ArgumentPattern = (argument: string) => boolean;

/**
 * Reads the pattern of one argument: `*` is any run of characters, `?` one UTF-16 unit, all else itself. A pattern that begins with a
 * wildcard matches nothing that `canBeOption`. Never throws.
 */
export function parseArgumentPattern(text: string): ParsedRule<ArgumentPattern> {
  if (/[\0\p{Cs}]/u.test(text)) return { ok: false, problem: 'has a NUL or half a character; write plain text' };
  if (text.includes(REST)) return { ok: false, problem: 'has "**"; write it as the last argument alone' };
  const parts = text.split('*');
  if (parts.slice(1, -1).some((part) => part.includes('?'))) {
    return { ok: false, problem: 'has "?" between two "*"; write one "*" there' };
  }
  return { ok: true, rule: compile(parts, /^[*?]/.test(text)) };
}

function compile(parts: readonly string[], isOpen: boolean): ArgumentPattern {
  const [first = '', ...others] = parts;
  const last = others.at(-1);
  const middle = others
    .slice(0, -1)
    .filter((part) => part !== '')
    .map(createSearch);
  return (argument) => {
    if (isOpen && canBeOption(argument)) return false;
    if (last === undefined) return argument.length === first.length && fitsAt(first, argument, 0);
    const end = argument.length - last.length;
    if (end < first.length || !fitsAt(first, argument, 0) || !fitsAt(last, argument, end)) return false;
    // Each part as early as it can be: with stars between them no other choice can do better.
    let position = first.length;
    for (const search of middle) {
      const found = search(argument, position, end);
      if (found === undefined) return false;
      position = found;
    }
    return true;
  };
}

function fitsAt(part: string, text: string, position: number): boolean {
  if (!part.includes('?')) return text.startsWith(part, position);
  for (let index = 0; index < part.length; index += 1) {
    if (part[index] !== '?' && part[index] !== text[position + index]) return false;
  }
  return true;
}

type Search = (text: string, from: number, end: number) => number | undefined;

/**
 * Finds a part, and answers with the place behind it, as Knuth, Morris and Pratt do it: the engine's own search multiplies the two
 * lengths for texts made for that.
 */
function createSearch(part: string): Search {
  const borders = listBorders(part);
  return (text, from, end) => {
    let matched = 0;
    for (let position = from; position < end; position += 1) {
      while (matched > 0 && part[matched] !== text[position]) matched = borders[matched - 1] ?? 0;
      if (part[matched] === text[position]) matched += 1;
      if (matched === part.length) return position + 1;
    }
    return undefined;
  };
}

/** For each beginning of the part: the length of its longest true beginning that is its end as well. */
function listBorders(part: string): readonly number[] {
  const borders = [0];
  let length = 0;
  for (let index = 1; index < part.length; index += 1) {
    while (length > 0 && part[index] !== part[length]) length = borders[length - 1] ?? 0;
    if (part[index] === part[length]) length += 1;
    borders.push(length);
  }
  return borders;
}
