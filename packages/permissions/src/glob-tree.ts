import { extensionOf, lastNameOf, literalLength, matchesBehind, shapeOf } from './glob-shape.js';
import type { ShapedGlob } from './glob-shape.js';
import { NameBranches } from './name-branches.js';
import { literalText } from './name-pattern.js';
import type { PathNames } from './path-names.js';
import type { RuleLine } from './rule-line.js';
import { canMatchBelow, GLOBSTAR, matchesSegments } from './segment-glob.js';
import type { SegmentGlob } from './segment-glob.js';

/**
 * How far up a glob reaches: to what it matches (`exact`), also to `src` by `src/**` (`opened`), or to every folder that could hold a
 * match (`holding`), as one who looks for matches must list.
 */
export type Reach = 'exact' | 'opened' | 'holding';

/** A glob of a list. */
export interface RankedGlob {
  readonly line: RuleLine;
  /** Of several that cover a path, the lowest is named. */
  readonly rank: number;
  readonly pattern: SegmentGlob;
  /** For `src/**`: `src`. */
  readonly opened: SegmentGlob | undefined;
}

/** Globs below the names that they begin with. */
export interface GlobTree {
  readonly isEmpty: boolean;
  /** Of the globs that cover this path, the one of the lowest rank. */
  find(names: PathNames, reach: Reach): RankedGlob | undefined;
}

type PlantedGlob = RankedGlob & ShapedGlob;

interface Branch {
  readonly children: NameBranches<Branch>;
  /** All that begin with just these names, by rank. */
  readonly here: PlantedGlob[];
  /** The same ones, by what the last name of a match must be. */
  byName: Map<string, PlantedGlob[]> | undefined;
  byExtension: Map<string, PlantedGlob[]> | undefined;
  readonly others: PlantedGlob[];
  /** The units with which those names and extensions end, as a set of bits by their five lowest. */
  endings: number;
  /** The lowest rank here and below. */
  first: PlantedGlob | undefined;
}

/**
 * Plants globs, given by rank, so that a question tries those alone that begin as the path does and may end as it does. What it costs
 * depends on how many of those there are, and not on how many rules.
 */
export function plantGlobs(globs: readonly RankedGlob[]): GlobTree {
  const tree = createBranch();
  for (const glob of globs) {
    const literals = literalLength(glob.pattern);
    plant(tree, { ...glob, literals, shape: shapeOf(glob.pattern, literals) });
  }
  return { isEmpty: globs.length === 0, find: (names, reach) => find(tree, names, reach) };
}

function createBranch(): Branch {
  return {
    children: new NameBranches(),
    here: [],
    byName: undefined,
    byExtension: undefined,
    others: [],
    endings: 0,
    first: undefined,
  };
}

function plant(tree: Branch, glob: PlantedGlob): void {
  let branch = tree;
  branch.first ??= glob;
  for (const part of glob.pattern.slice(0, glob.literals)) {
    const name = part === GLOBSTAR ? part : (literalText(part) ?? '');
    branch = branch.children.grow(name, createBranch);
    branch.first ??= glob;
  }
  branch.here.push(glob);
  const last = lastNameOf(glob.pattern);
  if (last.kind === 'name') branch.byName = withGlob(branch.byName, last.text, glob);
  else if (last.kind === 'extension') branch.byExtension = withGlob(branch.byExtension, last.text, glob);
  else branch.others.push(glob);
  if (last.kind !== 'any') branch.endings |= bitOf(last.text.charCodeAt(last.text.length - 1));
}

function bitOf(unit: number): number {
  return 1 << (unit & 31);
}

function withGlob(
  map: Map<string, PlantedGlob[]> = new Map(),
  key: string,
  glob: PlantedGlob,
): Map<string, PlantedGlob[]> {
  const list = map.get(key);
  if (list === undefined) map.set(key, [glob]);
  else list.push(glob);
  return map;
}

function find(tree: Branch, names: PathNames, reach: Reach): PlantedGlob | undefined {
  let best: PlantedGlob | undefined;
  let branch: Branch | undefined = tree;
  for (let depth = 0; branch !== undefined; depth += 1) {
    if (branch.here.length > 0) best = findHere(branch, names, best);
    if (reach !== 'exact') best = findAbove(branch, { names, reach, ends: names.at(depth) === undefined }, best);
    branch = branch.children.follow(names, depth);
  }
  return best;
}

/** The better of the best so far and those that match the path. */
function findHere(branch: Branch, names: PathNames, best: PlantedGlob | undefined): PlantedGlob | undefined {
  const { byName, byExtension, others } = branch;
  let better = firstOf(others, names, best);
  // Most names end as no rule wants it, and need not be taken out of their path to see that.
  const last = (branch.endings & bitOf(names.lastUnit)) === 0 ? undefined : names.last;
  if (last === undefined) return better;
  if (byName !== undefined) better = firstOf(byName.get(last), names, better);
  const extension = byExtension === undefined ? undefined : extensionOf(last);
  return extension === undefined ? better : firstOf(byExtension?.get(extension), names, better);
}

function firstOf(
  globs: readonly PlantedGlob[] | undefined,
  names: PathNames,
  best: PlantedGlob | undefined,
): PlantedGlob | undefined {
  if (globs === undefined) return best;
  for (const glob of globs) {
    if (best !== undefined && glob.rank >= best.rank) return best;
    if (matchesBehind(glob, names)) return glob;
  }
  return best;
}

interface Listing {
  readonly names: PathNames;
  readonly reach: Reach;
  /** Whether the path ends at this branch. */
  readonly ends: boolean;
}

/** As `findHere`, by those that match nothing but what may lie below the path. */
function findAbove(
  branch: Branch,
  { names, reach, ends }: Listing,
  best: PlantedGlob | undefined,
): PlantedGlob | undefined {
  // Where the path ends, each glob that goes on from here could match below it.
  if (ends && reach === 'holding') return lower(branch.first, best);
  for (const glob of branch.here) {
    if (best !== undefined && glob.rank >= best.rank) return best;
    if (glob.opened !== undefined && matchesSegments(glob.opened, names.all, names.steps)) return glob;
    if (reach === 'holding' && canMatchBelow(glob.pattern, names.all, names.steps)) return glob;
  }
  return best;
}

function lower(one: PlantedGlob | undefined, other: PlantedGlob | undefined): PlantedGlob | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.rank < other.rank ? one : other;
}
