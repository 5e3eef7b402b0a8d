import { array, boolean, constant, constantFrom, dictionary, integer, letrec, oneof, string, tuple } from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** Counts how often code of a hostile value ran: a parser that looks at data alone runs none. */
export interface Tripwire {
  readonly run: () => never;
  readonly count: () => number;
}

/** Makes one that also throws, as most hostile code would. */
export function createTripwire(): Tripwire {
  let ran = 0;
  return {
    run: () => {
      ran += 1;
      throw new Error('code of a value ran');
    },
    count: () => ran,
  };
}

/** Where a hostile value is to stand. Whoever makes test cases looks at them, so they are plain until the test itself begins. */
const MARK = '\u0000hostile ';
const KINDS = 31;

/** JSON with marks for hostile values strewn in, under keys that a schema knows and others. */
export function hostileTree(keys: readonly string[]): Arbitrary<unknown> {
  const strange = constantFrom('__proto__', 'constructor', 'toString', '', 'a/b~c', '\u0000', 'alow', '\ud800');
  const key = oneof({ weight: 6, arbitrary: constantFrom(...keys) }, strange, string());
  const words = constantFrom('.', '*', '**', 'read', 'self', 'x.test', '../..', '{a,b}', '!x');
  const leaf = oneof(
    { weight: 3, arbitrary: oneof(string(), integer(), boolean(), constant(null), words) },
    integer({ min: 0, max: KINDS }).map((kind) => `${MARK}${kind}`),
  );
  const { tree } = letrec<{ tree: unknown }>((tie) => ({
    tree: oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      array(tie('tree'), { maxLength: 4 }),
      dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
    ),
  }));
  return tree;
}

/** The same document with one place changed into something else. */
export function mutated(document: object, replacement: Arbitrary<unknown>): Arbitrary<unknown> {
  const changes = constantFrom('replace', 'remove', 'rename', 'add', 'repeat');
  return tuple(constantFrom(...placesIn(document)), changes, replacement).map(([place, change, value]) =>
    changed(structuredClone(document), { place, change, value }),
  );
}

/** Puts hostile values where the marks are. */
export function armed(tree: unknown, tripwire: Tripwire): unknown {
  if (typeof tree === 'string' && tree.startsWith(MARK)) {
    const makers = hostileValues(tripwire);
    return makers[Number(tree.slice(MARK.length)) % makers.length]?.();
  }
  if (Array.isArray(tree)) return tree.map((item) => armed(item, tripwire));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, armed(value, tripwire)]));
}

/** What no JSON file holds, as a guest or a careless host may hand it in. */
function hostileValues({ run }: Tripwire): readonly (() => unknown)[] {
  const traps = { get: run, has: run, ownKeys: run, getPrototypeOf: run, getOwnPropertyDescriptor: run, set: run };
  class Thing {
    allow = ['.'];
  }
  const plain = [
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    1n,
    Symbol('x'),
    run,
    '\ud800',
    '\u0000',
    '__proto__',
  ];
  return [
    ...plain.map((value) => () => value),
    () => new Thing(),
    () => new Date(0),
    () => new Map([['allow', ['.']]]),
    () => new Uint8Array(4),
    () => Object.create({ allow: ['.'] }) as unknown,
    () => Object.defineProperty({}, 'allow', { get: run, enumerable: true }),
    () => Object.defineProperty(Object.create(null), 'mode', { get: run, enumerable: true }) as unknown,
    () => Object.defineProperty([1], 0, { get: run, enumerable: true }),
    () => Object.defineProperty({}, 'toJSON', { value: run, enumerable: true }),
    () => Object.defineProperty({}, 'allow', { value: ['.'], enumerable: false }),
    () => Object.assign(['.'], { allow: 1 }),
    () => new Proxy({}, traps),
    () => new Proxy([], traps),
    () => new Proxy(run, traps),
    () => Array(3),
    () => Object.assign([], { length: 100_000 }),
    () => JSON.parse('{"__proto__":{"allow":["."]}}') as unknown,
    () => JSON.parse('{"constructor":{"prototype":{"allow":["."]}}}') as unknown,
    () => nested(100_000),
    () => cyclic(),
    () => 'x'.repeat(100_000),
  ];
}

function placesIn(value: unknown, above: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [above];
  return [above, ...Object.entries(value).flatMap(([key, member]) => placesIn(member, [...above, key]))];
}

interface Change {
  readonly place: readonly string[];
  readonly change: string;
  readonly value: unknown;
}

function changed(document: unknown, { place, change, value }: Change): unknown {
  const last = place.at(-1);
  if (last === undefined) return change === 'replace' ? value : document;
  const holder = Object(place.slice(0, -1).reduce<unknown>((at, key) => Reflect.get(Object(at), key), document));
  const member: unknown = holder[last];
  if (change === 'replace') holder[last] = value;
  else if (change === 'add') holder['another'] = value;
  else if (change === 'repeat') holder[last] = Array.from({ length: 2_000 }, () => member);
  else {
    delete holder[last];
    if (change === 'rename') holder[`${last}_`] = member;
  }
  return document;
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? { allow: value } : [value];
  return value;
}

function cyclic(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
