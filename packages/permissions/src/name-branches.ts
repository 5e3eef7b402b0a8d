import type { PathNames } from './path-names.js';

/** What lies below one node of a tree of names. */
export class NameBranches<Node> {
  /** The first name, and while it is the only one it is compared in place: a map would want it taken out of its text and hashed. */
  #name: string | undefined;
  #node: Node | undefined;
  #all: Map<string, Node> | undefined;

  /** The branch of this name, made where there is none. */
  grow(name: string, create: () => Node): Node {
    const known = this.get(name);
    if (known !== undefined) return known;
    const node = create();
    if (this.#name === undefined || this.#node === undefined) {
      this.#name = name;
      this.#node = node;
    } else {
      this.#all ??= new Map([[this.#name, this.#node]]);
      this.#all.set(name, node);
    }
    return node;
  }

  get(name: string): Node | undefined {
    if (this.#all !== undefined) return this.#all.get(name);
    return name === this.#name ? this.#node : undefined;
  }

  /** The branch that a path takes at this place. */
  follow(names: PathNames, index: number): Node | undefined {
    if (this.#all === undefined)
      return this.#name !== undefined && names.is(index, this.#name) ? this.#node : undefined;
    const name = names.at(index);
    return name === undefined ? undefined : this.#all.get(name);
  }

  /** In the order in which they were made. */
  values(): Iterable<Node> {
    return this.#all?.values() ?? (this.#node === undefined ? [] : [this.#node]);
  }
}
