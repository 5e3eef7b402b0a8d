// Captured before a plugin's code can replace them.
const { create, getOwnPropertyDescriptor, getPrototypeOf, is } = Object;
const { ownKeys } = Reflect;

/** Those whose prototypes the host's own code leans on. */
const CLASSES = [
  'Object',
  'Function',
  'Array',
  'Promise',
  'Map',
  'Set',
  'WeakMap',
  'String',
  'Number',
  'Boolean',
  'Symbol',
  'BigInt',
  'RegExp',
  'Date',
  'Error',
  'ArrayBuffer',
  'Uint8Array',
] as const;

/** Names that are told of one change at the most, and characters of a key in each. */
const MAX_NAMES = 16;
const MAX_KEY = 80;

/** What the built-in objects were when they were last looked at. Records have no prototype: no key of theirs can be taken for another's. */
interface Known {
  readonly name: string;
  readonly object: object;
  readonly prototype: object | null;
  readonly size: number;
  readonly members: Members;
}

type Members = Readonly<Record<PropertyKey, PropertyDescriptor | undefined>>;

/**
 * Looks whether the built-in objects that all code of a process shares (`Object.prototype`, `Promise`, `JSON` and their like) are still
 * what they were. A look takes a few dozen microseconds. It finds changes, and neither prevents nor undoes them.
 */
export interface BuiltInsWatch {
  /** Names of what has changed since the last look, one behind the other (`Object.prototype.isAdmin`); empty where nothing has. */
  look(): string;
}

/**
 * Takes what is there now as what should be. Lists are walked by index and never pushed to: what a handler has changed may be what loops
 * and lists are made of.
 */
export function watchBuiltIns(): BuiltInsWatch {
  const known = listBuiltIns().map(([name, object]) => takeDown(name, object));
  return {
    look() {
      const changes = { names: '', count: 0 };
      for (let index = 0; index < known.length; index += 1) {
        const before = known[index];
        if (before === undefined || isSame(before)) continue;
        const now = takeDown(before.name, before.object);
        known[index] = now;
        compare(before, now, changes);
      }
      return changes.count > MAX_NAMES ? `${changes.names} and ${changes.count - MAX_NAMES} more` : changes.names;
    },
  };
}

function listBuiltIns(): [string, object][] {
  const arrayIterator = getPrototypeOf([][Symbol.iterator]()) as object;
  const classes = CLASSES.flatMap((name): [string, object][] => [
    [name, globalThis[name]],
    [`${name}.prototype`, globalThis[name].prototype],
  ]);
  return [
    ...classes,
    ['Reflect', Reflect],
    ['JSON', JSON],
    ['Math', Math],
    ['TypedArray.prototype', getPrototypeOf(Uint8Array.prototype) as object],
    ['ArrayIterator.prototype', arrayIterator],
    ['Iterator.prototype', getPrototypeOf(arrayIterator) as object],
  ];
}

function takeDown(name: string, object: object): Known {
  const members = create(null) as Record<PropertyKey, PropertyDescriptor | undefined>;
  const keys = ownKeys(object);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    members[key] = getOwnPropertyDescriptor(object, key);
  }
  return { name, object, prototype: getPrototypeOf(object) as object | null, size: keys.length, members };
}

function isSame({ object, prototype, size, members }: Known): boolean {
  const keys = ownKeys(object);
  if (keys.length !== size || getPrototypeOf(object) !== prototype) return false;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (!isSameMember(members[key], getOwnPropertyDescriptor(object, key))) return false;
  }
  return true;
}

function isSameMember(before: PropertyDescriptor | undefined, now: PropertyDescriptor | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return is(before.value, now.value) && before.get === now.get && before.set === now.set;
}

interface Changes {
  names: string;
  count: number;
}

function compare(before: Known, now: Known, changes: Changes): void {
  if (before.prototype !== now.prototype) tell(`the prototype of ${now.name}`, changes);
  const keys = ownKeys(now.members);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (!isSameMember(before.members[key], now.members[key])) tell(`${now.name}${nameOf(key)}`, changes);
  }
  const earlier = ownKeys(before.members);
  for (let index = 0; index < earlier.length; index += 1) {
    const key = earlier[index] ?? '';
    if (now.members[key] === undefined) tell(`${now.name}${nameOf(key)}`, changes);
  }
}

function tell(name: string, changes: Changes): void {
  changes.count += 1;
  if (changes.count <= MAX_NAMES) changes.names += changes.names === '' ? name : `, ${name}`;
}

/** Names are the handler's own, and warnings go to a terminal. */
function nameOf(key: PropertyKey): string {
  const text = typeof key === 'symbol' ? `[${key.description ?? 'a symbol'}]` : `.${key}`;
  return text.slice(0, MAX_KEY).replaceAll(/[^\w$.:@[\]-]/gu, '?');
}
