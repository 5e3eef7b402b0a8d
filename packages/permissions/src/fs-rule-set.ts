import { plantEntries } from './entry-tree.js';
import { asWritten } from './fold-name.js';
import type { FoldName } from './fold-name.js';
import type { FsRule } from './fs-rule.js';
import { plantGlobs } from './glob-tree.js';
import type { RankedGlob, Reach } from './glob-tree.js';
import type { MatchSteps } from './match-steps.js';
import type { PathNames } from './path-names.js';
import type { RuleLine } from './rule-line.js';
import { canMatchBelow, compileSegmentGlob, GLOBSTAR, matchesSegments, mayMatchBelow } from './segment-glob.js';

/** A rule of a list, with the line that it came from. */
export interface FsRuleEntry {
  readonly line: RuleLine;
  readonly rule: FsRule;
}

/** Compiled file rules of one list: entries in a tree by their names, globs in another by those that they begin with. */
export interface FsRuleSet {
  /** The line that covers this path. */
  find(names: PathNames, reach: Reach): RuleLine | undefined;
  /** Every line that covers this path. */
  findAll(names: PathNames, reach: Reach): readonly RuleLine[];
  /** A line that covers something below this path, as far as names tell. */
  findBelow(names: PathNames): RuleLine | undefined;
  /** Every line that covers something below this path, as far as names tell. */
  findAllBelow(names: PathNames): readonly RuleLine[];
}

/** Compiles once. Names of the questions are as written; each list folds them in its own way. */
export function compileFsRules(entries: readonly FsRuleEntry[], fold: FoldName): FsRuleSet {
  const compiled = entries.map(({ line, rule }) => compileEntry(line, rule, fold));
  const tree = plantEntries(compiled.filter(({ kind }) => kind === 'entry'));
  const globs = entries
    .filter(({ rule }) => rule.kind === 'glob')
    .toSorted((a, b) => (a.line.rule < b.line.rule ? -1 : 1))
    .flatMap(({ line, rule }) => globsOf(line, rule.segments, fold))
    .map((glob, rank) => ({ ...glob, rank }));
  const folded = plantGlobs(globs.filter(({ raw }) => !raw));
  const raw = plantGlobs(globs.filter((glob) => glob.raw));
  return {
    find: (names, reach) => {
      const own = names.fold(fold);
      const line = tree.isEmpty ? undefined : tree.find(own);
      if (line !== undefined || (folded.isEmpty && raw.isEmpty)) return line;
      const found = folded.find(own, reach);
      return (raw.isEmpty ? found : lower(found, raw.find(names, reach)))?.line;
    },
    findAll: (names, reach) => {
      const question = { written: names.all, names: names.fold(fold).all, reach, steps: names.steps };
      const lines = new Set(globs.filter((glob) => covers(glob, question)).map((glob) => glob.line));
      return compiled
        .filter((entry) => lines.has(entry.line) || coversAsEntry(entry, question.names))
        .map(({ line }) => line);
    },
    findBelow: (names) => {
      const own = names.fold(fold);
      return tree.findBelow(own) ?? globs.find((glob) => mayMatchBelow(glob.pattern, own.all, own.steps))?.line;
    },
    findAllBelow: (names) => {
      const own = names.fold(fold);
      return compiled
        .filter((entry) => mayMatchBelow(compileSegmentGlob(entry.names), own.all, own.steps))
        .map(({ line }) => line);
    },
  };
}

/** A rule for the questions that ask for all lines. */
interface CompiledEntry {
  readonly line: RuleLine;
  readonly kind: FsRule['kind'];
  readonly names: readonly string[];
}

function compileEntry(line: RuleLine, { kind, segments }: FsRule, fold: FoldName): CompiledEntry {
  return { line, kind, names: fold === asWritten ? segments : segments.map(fold) };
}

interface Glob extends Omit<RankedGlob, 'rank'> {
  /** As written, where folding changed names: `?` counts units, and a folded name may have more of them. */
  readonly raw: boolean;
}

function globsOf(line: RuleLine, segments: readonly string[], fold: FoldName): Glob[] {
  const folded = segments.map(fold);
  const folds = fold !== asWritten && (folded.join('/') !== segments.join('/') || fold('A') !== 'A');
  return (folds ? [folded, segments] : [folded]).map((form, index) => ({
    line,
    pattern: compileSegmentGlob(form),
    opened: form.at(-2) === GLOBSTAR && form.at(-1) === '*' ? compileSegmentGlob(form.slice(0, -2)) : undefined,
    raw: index === 1,
  }));
}

function lower(one: RankedGlob | undefined, other: RankedGlob | undefined): RankedGlob | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.rank < other.rank ? one : other;
}

interface Question {
  readonly written: readonly string[];
  readonly names: readonly string[];
  readonly reach: Reach;
  readonly steps: MatchSteps;
}

function covers(glob: Glob, { written, names, reach, steps }: Question): boolean {
  const path = glob.raw ? written : names;
  if (matchesSegments(glob.pattern, path, steps)) return true;
  if (reach === 'exact') return false;
  if (glob.opened !== undefined && matchesSegments(glob.opened, path, steps)) return true;
  return reach === 'holding' && canMatchBelow(glob.pattern, path, steps);
}

function coversAsEntry(entry: CompiledEntry, names: readonly string[]): boolean {
  return entry.kind === 'entry' && entry.names.every((name, index) => name === names[index]);
}
