import { jsonc } from './late-jsonc.js';

interface OpenValue {
  readonly members: Map<string, unknown> | undefined;
  readonly items: unknown[];
  name: string;
}

/**
 * The value of a text that is JSON, with all members as own properties. `JSON.parse` of Node 24 and 26 takes a name such as "\"" for
 * another once it has seen a name that begins with a backslash (nodejs/node#63785), and what it takes wrong would be written back.
 */
export function readJson(text: string): unknown {
  const root: OpenValue = { members: undefined, items: [], name: '' };
  const open: OpenValue[] = [root];
  const add = (value: unknown): void => {
    const parent = open.at(-1) ?? root;
    if (parent.members === undefined) parent.items.push(value);
    else parent.members.set(parent.name, value);
  };
  const close = (): void => {
    const closed = open.pop();
    if (closed !== undefined) add(closed.members === undefined ? closed.items : Object.fromEntries(closed.members));
  };
  jsonc().visit(text, {
    onObjectBegin: () => void open.push({ members: new Map(), items: [], name: '' }),
    onArrayBegin: () => void open.push({ members: undefined, items: [], name: '' }),
    onObjectEnd: close,
    onArrayEnd: close,
    onObjectProperty(name) {
      const parent = open.at(-1);
      if (parent !== undefined) parent.name = name;
    },
    onLiteralValue: add,
  });
  return root.items[0];
}
