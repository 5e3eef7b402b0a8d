/** A pattern for one name: `*` is any run of characters, `?` one UTF-16 unit, all else itself. */
export interface NamePattern {
  /** What stands between the stars, in order. One part: no star. */
  readonly parts: readonly NamePart[];
  /** About what a match takes: in any case, and for each character of the name. */
  readonly cost: { readonly fixed: number; readonly perUnit: number };
}

/** A run of characters and `?`. */
interface NamePart {
  readonly length: number;
  /** What stands between the question marks. */
  readonly chunks: readonly string[];
}

/** Takes a pattern apart once, so that matching compares strings alone. */
export function compileNamePattern(pattern: string): NamePattern {
  const parts = pattern.split('*').map((part): NamePart => ({ length: part.length, chunks: part.split('?') }));
  return { parts, cost: costOf(parts) };
}

function costOf(parts: readonly NamePart[]): NamePattern['cost'] {
  const chunks = parts.reduce((sum, part) => sum + part.chunks.length, 0);
  // A run of characters alone is found by one search. One with `?` is compared wherever it may begin.
  const searched = parts.slice(1, -1).filter((part) => part.chunks.length > 1);
  return { fixed: (1 + chunks) / 2, perUnit: searched.reduce((sum, part) => sum + part.chunks.length, 0) / 2 };
}

/** The one name that a pattern without wildcards matches; `undefined` for any other pattern. */
export function literalText({ parts: [only, second] }: NamePattern): string | undefined {
  return only?.chunks.length === 1 && second === undefined ? only.chunks[0] : undefined;
}

/** Finds each part as early as it can be: with stars between the parts no other choice can do better, so none is tried. */
export function matchesName({ parts }: NamePattern, name: string): boolean {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return false;
  if (parts.length === 1) return name.length === first.length && fitsAt(first, name, 0);
  const end = name.length - last.length;
  if (end < first.length || !fitsAt(first, name, 0) || !fitsAt(last, name, end)) return false;
  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = findPart(part, name, position);
    if (found === -1 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}

function findPart(part: NamePart, name: string, from: number): number {
  const [first = ''] = part.chunks;
  // The engine's search stays linear where comparing at each place would not.
  let position = name.indexOf(first, from);
  while (position !== -1 && position <= name.length - part.length) {
    if (fitsAt(part, name, position)) return position;
    position = name.indexOf(first, position + 1);
  }
  return -1;
}

function fitsAt({ chunks }: NamePart, name: string, position: number): boolean {
  let at = position;
  for (const chunk of chunks) {
    if (!name.startsWith(chunk, at)) return false;
    at += chunk.length + 1;
  }
  return true;
}
