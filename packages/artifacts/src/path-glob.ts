const GLOBSTAR = '**';
const MAX_UNITS = 1_024;
const MAX_SEGMENTS = 32;

/** A glob over the segments of a path. Made by `parsePathGlob` alone. */
export interface PathGlob {
  readonly segments: readonly string[];
}

/** Reads a glob: `*` and `?` within a segment, `**` as a whole one, all else itself. Gives a text that says what is wrong with it. */
export function parsePathGlob(value: unknown): PathGlob | string {
  if (typeof value !== 'string' || value === '') return 'it is no text';
  if (value.length > MAX_UNITS) return `it is longer than ${MAX_UNITS} characters`;
  if (/[\\<>:"|\p{Cc}\p{Cs}]/u.test(value)) return 'it has a character that stands in no path';
  const segments = value.split('/');
  if (segments.length > MAX_SEGMENTS) return `it has more than ${MAX_SEGMENTS} segments`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'it has an empty segment, "." or ".."';
  }
  if (segments.some((segment) => segment.includes(GLOBSTAR) && segment !== GLOBSTAR)) {
    return '"**" is a whole segment';
  }
  return { segments };
}

/** Whether a path matches. Never takes more than the length of the path times that of the glob, however hostile both are. */
export function matchesPath({ segments }: PathGlob, path: string): boolean {
  return matchesSequence(segments, path.split('/'), {
    isStar: (part) => part === GLOBSTAR,
    matches: (part, segment) => matchesSequence(part, segment, CHARACTERS),
  });
}

interface Alphabet<Item> {
  isStar(part: Item): boolean;
  matches(part: Item, item: Item): boolean;
}

const CHARACTERS: Alphabet<string> = {
  isStar: (part) => part === '*',
  matches: (part, unit) => part === '?' || part === unit,
};

/** Of several stars only the last ever needs to give way, so none of the others is tried again. */
function matchesSequence(
  glob: string | readonly string[],
  items: string | readonly string[],
  { isStar, matches }: Alphabet<string>,
): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let place = 0; place < items.length;) {
    const part = glob[at];
    if (part !== undefined && isStar(part)) {
      star = at;
      resume = place;
      at += 1;
    } else if (part !== undefined && matches(part, items[place] ?? '')) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      place = resume;
    } else {
      return false;
    }
  }
  while (at < glob.length && isStar(glob[at] ?? '')) at += 1;
  return at === glob.length;
}
