/** Values by the beginnings of texts. */
export interface PrefixTree<Value> {
  /** The value of the shortest beginning of this text. */
  find(text: string): Value | undefined;
  /** The values of all beginnings of this text, the shortest first. */
  findAll(text: string): readonly Value[];
}

interface TreeNode<Value> {
  value: Value | undefined;
  /** By the next UTF-16 unit. */
  next: Map<number, TreeNode<Value>> | undefined;
}

/** Plants values, so that a question takes a step for each unit that a text and some beginning share, and no more. */
export function plantPrefixes<Value>(values: ReadonlyMap<string, Value>): PrefixTree<Value> {
  const tree: TreeNode<Value> = { value: undefined, next: undefined };
  for (const [prefix, value] of values) plant(tree, prefix, value);
  return { find: (text) => find(tree, text), findAll: (text) => findAll(tree, text) };
}

function plant<Value>(tree: TreeNode<Value>, prefix: string, value: Value): void {
  let node = tree;
  for (let index = 0; index < prefix.length; index += 1) {
    node.next ??= new Map();
    const unit = prefix.charCodeAt(index);
    const next: TreeNode<Value> = node.next.get(unit) ?? { value: undefined, next: undefined };
    node.next.set(unit, next);
    node = next;
  }
  node.value = value;
}

function find<Value>(tree: TreeNode<Value>, text: string): Value | undefined {
  let node: TreeNode<Value> | undefined = tree;
  for (let index = 0; node !== undefined; index += 1) {
    if (node.value !== undefined) return node.value;
    if (node.next === undefined || index === text.length) return undefined;
    node = node.next.get(text.charCodeAt(index));
  }
  return undefined;
}

function findAll<Value>(tree: TreeNode<Value>, text: string): readonly Value[] {
  const found: Value[] = [];
  let node: TreeNode<Value> | undefined = tree;
  for (let index = 0; node !== undefined; index += 1) {
    if (node.value !== undefined) found.push(node.value);
    node = index === text.length ? undefined : node.next?.get(text.charCodeAt(index));
  }
  return found;
}
