import { MatchSteps } from './match-steps.js';
import { compileNamePattern, matchesName } from './name-pattern.js';
import type { NamePattern } from './name-pattern.js';

/** The segment that stands for any number of segments, and for none. */
export const GLOBSTAR = '**';

/** A glob over the segments of a path. */
export type SegmentGlob = readonly (typeof GLOBSTAR | NamePattern)[];

/** Compiles the segments of a rule that has been parsed; it checks nothing. */
export function compileSegmentGlob(segments: readonly string[]): SegmentGlob {
  return segments.map((segment) => (segment === GLOBSTAR ? GLOBSTAR : compileNamePattern(segment)));
}

/**
 * Whether a path matches, in at most path × glob steps: what stands behind the last `**` can only be the end of the path, and of the others
 * only the last one ever needs to give way. Throws a `TooDearError` where those are more than there are.
 */
export function matchesSegments(
  glob: SegmentGlob,
  path: readonly string[],
  steps: MatchSteps = new MatchSteps(Infinity),
): boolean {
  const lastStar = glob.lastIndexOf(GLOBSTAR);
  if (lastStar === -1) return glob.length === path.length && matchesEnd(glob, path, steps);
  const end = path.length - (glob.length - lastStar - 1);
  return (
    end >= 0 &&
    matchesEnd(glob.slice(lastStar + 1), path, steps) &&
    matchesBefore(glob.slice(0, lastStar), path.slice(0, end), steps)
  );
}

function fits(part: NamePattern, name: string, steps: MatchSteps): boolean {
  steps.spend(part.cost.fixed + name.length * part.cost.perUnit);
  return matchesName(part, name);
}

/** Whether the end of the path is, name by name, what stands in the glob. */
function matchesEnd(glob: SegmentGlob, path: readonly string[], steps: MatchSteps): boolean {
  const shift = path.length - glob.length;
  for (const [g, part] of glob.entries()) {
    if (part === GLOBSTAR || !fits(part, path[g + shift] ?? '', steps)) return false;
  }
  return true;
}

/** Whether some beginning of the path matches. */
function matchesBefore(glob: SegmentGlob, path: readonly string[], steps: MatchSteps): boolean {
  let n = 0;
  let star = -1;
  let resume = 0;
  for (let g = 0; g < glob.length;) {
    const part = glob[g];
    if (part === GLOBSTAR) {
      star = g;
      resume = n;
      g += 1;
    } else if (part !== undefined && n < path.length && fits(part, path[n] ?? '', steps)) {
      g += 1;
      n += 1;
    } else if (star >= 0 && resume < path.length) {
      g = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  return true;
}

/** Whether something below this path could match: a folder of which that holds is worth listing. */
export function canMatchBelow(
  glob: SegmentGlob,
  path: readonly string[],
  steps: MatchSteps = new MatchSteps(Infinity),
): boolean {
  for (const [index, segment] of path.entries()) {
    const part = glob[index];
    if (part === undefined) return false;
    if (part === GLOBSTAR) return true;
    if (!fits(part, segment, steps)) return false;
  }
  return glob.length > path.length;
}

/**
 * Whether names alone tell that the glob can match something below this path. Behind a `**` it looks for a glob that
 * the end of the path has begun (`.git` for `**` + `.git/config`), and says no to the rest.
 */
export function mayMatchBelow(
  glob: SegmentGlob,
  path: readonly string[],
  steps: MatchSteps = new MatchSteps(Infinity),
): boolean {
  for (const [index, segment] of path.entries()) {
    const part = glob[index];
    if (part === undefined) return false;
    if (part === GLOBSTAR) return hasBegun(glob.slice(index + 1), path.slice(index), steps);
    if (!fits(part, segment, steps)) return false;
  }
  return glob.length > path.length;
}

function hasBegun(glob: SegmentGlob, path: readonly string[], steps: MatchSteps): boolean {
  // A beginning is shorter than the whole: it ends before the last segment, and before the next `**`.
  const next = glob.indexOf(GLOBSTAR);
  const longest = next === -1 ? glob.length - 1 : next;
  for (let count = 1; count <= Math.min(longest, path.length); count += 1) {
    const end = path.slice(path.length - count);
    steps.spend(count);
    if (end.every((segment, index) => matchesBeginning(glob[index], segment, steps))) return true;
  }
  return false;
}

function matchesBeginning(part: SegmentGlob[number] | undefined, segment: string, steps: MatchSteps): boolean {
  return part !== undefined && part !== GLOBSTAR && fits(part, segment, steps);
}
