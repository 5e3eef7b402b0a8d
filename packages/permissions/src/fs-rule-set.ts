import type { FsRule } from './fs-rule.js';
import type { FoldName } from './fold-name.js';
import type { RuleLine } from './rule-line.js';
import { canMatchBelow, compileSegmentGlob, GLOBSTAR, matchesSegments, mayMatchBelow } from './segment-glob.js';
import type { SegmentGlob } from './segment-glob.js';

/** A rule of a list, with the line that it came from. */
export interface FsRuleEntry {
  readonly line: RuleLine;
  readonly rule: FsRule;
}

/**
 * How far up a glob reaches: to what it matches (`exact`), also to `src` by `src/**` (`opened`), or to every folder that could hold a
 * match (`holding`), as one who looks for matches must list.
 */
export type Reach = 'exact' | 'opened' | 'holding';

/** Compiled file rules of one list: entries in a tree by segments, globs behind them. */
export interface FsRuleSet {
  /** The line that covers this path. */
  find(segments: readonly string[], reach: Reach): RuleLine | undefined;
  /** Every line that covers this path. */
  findAll(segments: readonly string[], reach: Reach): readonly RuleLine[];
  /** A line that covers something below this path, as far as names tell. */
  findBelow(segments: readonly string[]): RuleLine | undefined;
  /** Every line that covers something below this path, as far as names tell. */
  findAllBelow(segments: readonly string[]): readonly RuleLine[];
}

interface TreeNode {
  line: RuleLine | undefined;
  readonly children: Map<string, TreeNode>;
}

/** Compiles once, so that a question costs one walk down the tree and a few globs. */
export function compileFsRules(entries: readonly FsRuleEntry[], fold: FoldName): FsRuleSet {
  const tree: TreeNode = { line: undefined, children: new Map() };
  const globs: Glob[] = [];
  for (const { line, rule } of entries) {
    if (rule.kind === 'entry') plant(tree, rule.segments.map(fold), line);
    else globs.push(...globsOf(line, rule.segments, fold));
  }
  const compiled = entries.map(({ line, rule }) => compileEntry(line, rule, fold));
  const named = globs.toSorted((a, b) => (a.line.rule < b.line.rule ? -1 : 1));
  return {
    find: (segments, reach) => {
      const names = segments.map(fold);
      return findInTree(tree, names) ?? named.find((glob) => covers(glob, { segments, names, reach }))?.line;
    },
    findAll: (segments, reach) => {
      const names = segments.map(fold);
      const lines = new Set(named.filter((glob) => covers(glob, { segments, names, reach })).map((glob) => glob.line));
      return compiled.filter((entry) => lines.has(entry.line) || coversAsEntry(entry, names)).map(({ line }) => line);
    },
    findBelow: (segments) => {
      const names = segments.map(fold);
      return lineBelow(tree, names) ?? named.find((glob) => mayMatchBelow(glob.pattern, names))?.line;
    },
    findAllBelow: (segments) => {
      const names = segments.map(fold);
      return compiled.filter(({ pattern }) => mayMatchBelow(pattern, names)).map(({ line }) => line);
    },
  };
}

/** A rule for the questions that ask for all lines. */
interface CompiledEntry {
  readonly line: RuleLine;
  readonly kind: FsRule['kind'];
  readonly names: readonly string[];
  readonly pattern: SegmentGlob;
}

function compileEntry(line: RuleLine, { kind, segments }: FsRule, fold: FoldName): CompiledEntry {
  const names = segments.map(fold);
  return { line, kind, names, pattern: compileSegmentGlob(names) };
}

interface Glob {
  readonly line: RuleLine;
  readonly pattern: SegmentGlob;
  /** For `src/**`: `src`. */
  readonly opened: SegmentGlob | undefined;
  /** As written, where folding changed names: `?` counts units, and a folded name may have more of them. */
  readonly raw: boolean;
}

function globsOf(line: RuleLine, segments: readonly string[], fold: FoldName): Glob[] {
  const folded = segments.map(fold);
  const folds = folded.join('/') !== segments.join('/') || fold('A') !== 'A';
  return (folds ? [folded, segments] : [folded]).map((form, index) => ({
    line,
    pattern: compileSegmentGlob(form),
    opened: form.at(-2) === GLOBSTAR && form.at(-1) === '*' ? compileSegmentGlob(form.slice(0, -2)) : undefined,
    raw: index === 1,
  }));
}

interface Question {
  readonly segments: readonly string[];
  readonly names: readonly string[];
  readonly reach: Reach;
}

function covers(glob: Glob, { segments, names, reach }: Question): boolean {
  const path = glob.raw ? segments : names;
  if (matchesSegments(glob.pattern, path)) return true;
  if (reach === 'exact') return false;
  if (glob.opened !== undefined && matchesSegments(glob.opened, path)) return true;
  return reach === 'holding' && canMatchBelow(glob.pattern, path);
}

function coversAsEntry(entry: CompiledEntry, names: readonly string[]): boolean {
  return entry.kind === 'entry' && entry.names.every((name, index) => name === names[index]);
}

function plant(tree: TreeNode, names: readonly string[], line: RuleLine): void {
  let node = tree;
  for (const name of names) {
    const next: TreeNode = node.children.get(name) ?? { line: undefined, children: new Map() };
    node.children.set(name, next);
    node = next;
  }
  node.line ??= line;
}

function findInTree(tree: TreeNode, names: readonly string[]): RuleLine | undefined {
  let node: TreeNode | undefined = tree;
  for (const name of names) {
    if (node === undefined || node.line !== undefined) break;
    node = node.children.get(name);
  }
  return node?.line;
}

function lineBelow(tree: TreeNode, names: readonly string[]): RuleLine | undefined {
  let node: TreeNode | undefined = tree;
  for (const name of names) node = node?.children.get(name);
  return node === undefined ? undefined : firstLine([...node.children.values()]);
}

function firstLine(nodes: readonly TreeNode[]): RuleLine | undefined {
  for (const node of nodes) {
    const line = node.line ?? firstLine([...node.children.values()]);
    if (line !== undefined) return line;
  }
  return undefined;
}
