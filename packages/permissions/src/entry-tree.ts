import { NameBranches } from './name-branches.js';
import type { PathNames } from './path-names.js';
import type { RuleLine } from './rule-line.js';

/** Entries by their names: each covers itself and all below it. */
export interface EntryTree {
  readonly isEmpty: boolean;
  /** The line of the entry that covers this path; of several, that of the highest. */
  find(names: PathNames): RuleLine | undefined;
  /** The line of some entry below this path, the same one each time. */
  findBelow(names: PathNames): RuleLine | undefined;
}

/** What is planted: a line, and the names of its entry. */
export interface PlantedEntry {
  readonly line: RuleLine;
  readonly names: readonly string[];
}

interface TreeNode {
  line: RuleLine | undefined;
  readonly children: NameBranches<TreeNode>;
}

/** Plants entries in a tree, so that a question costs one look-up for each name that a rule begins with. */
export function plantEntries(entries: readonly PlantedEntry[]): EntryTree {
  const tree = createNode();
  for (const { line, names } of entries) plant(tree, names, line);
  return {
    isEmpty: entries.length === 0,
    find: (names) => find(tree, names),
    findBelow: (names) => findBelow(tree, names),
  };
}

function createNode(): TreeNode {
  return { line: undefined, children: new NameBranches() };
}

function plant(tree: TreeNode, names: readonly string[], line: RuleLine): void {
  let node = tree;
  for (const name of names) node = node.children.grow(name, createNode);
  node.line ??= line;
}

function find(tree: TreeNode, names: PathNames): RuleLine | undefined {
  let node: TreeNode | undefined = tree;
  for (let depth = 0; node !== undefined; depth += 1) {
    if (node.line !== undefined) return node.line;
    node = node.children.follow(names, depth);
  }
  return undefined;
}

function findBelow(tree: TreeNode, names: PathNames): RuleLine | undefined {
  let node: TreeNode | undefined = tree;
  for (const name of names.all) node = node?.children.get(name);
  return node === undefined ? undefined : firstLine(node);
}

function firstLine({ children }: TreeNode): RuleLine | undefined {
  for (const node of children.values()) {
    const line = node.line ?? firstLine(node);
    if (line !== undefined) return line;
  }
  return undefined;
}
