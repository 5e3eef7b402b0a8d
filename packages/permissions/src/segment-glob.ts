const STAR = 0x2a;
const QUESTION = 0x3f;

/** The segment that stands for any number of segments. */
export const GLOBSTAR = '**';

/** Whether a name matches a pattern of `*` (any run) and `?` (one UTF-16 unit). At most name × pattern steps. */
export function matchesName(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    const unit = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (unit === STAR) {
      star = p;
      resume = n;
      p += 1;
    } else if (unit === QUESTION || unit === name.charCodeAt(n)) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      // Only the last star needs to give way: what stood before it has matched as early as it can.
      p = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p += 1;
  return p === pattern.length;
}

/** Whether a path matches a pattern, segment by segment. `**` is any number of segments, and none. */
export function matchesSegments(pattern: readonly string[], path: readonly string[]): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < path.length) {
    const part = pattern[p];
    if (part === GLOBSTAR) {
      star = p;
      resume = n;
      p += 1;
    } else if (part !== undefined && matchesName(part, path[n] ?? '')) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === GLOBSTAR) p += 1;
  return p === pattern.length;
}

/**
 * Whether names alone tell that the pattern can match something below this path. Behind a `**` it looks for a
 * pattern that the end of the path has begun (`.git` for `**` + `.git/config`), and says no to the rest.
 */
export function mayMatchBelow(pattern: readonly string[], path: readonly string[]): boolean {
  for (const [index, segment] of path.entries()) {
    const part = pattern[index];
    if (part === undefined) return false;
    if (part === GLOBSTAR) return hasBegun(pattern.slice(index + 1), path.slice(index));
    if (!matchesName(part, segment)) return false;
  }
  return pattern.length > path.length;
}

function hasBegun(pattern: readonly string[], path: readonly string[]): boolean {
  const anchored = pattern.includes(GLOBSTAR) ? pattern.indexOf(GLOBSTAR) : pattern.length - 1;
  for (let count = 1; count <= Math.min(anchored, path.length); count += 1) {
    const end = path.slice(path.length - count);
    if (end.every((segment, index) => matchesName(pattern[index] ?? '', segment))) return true;
  }
  return false;
}
