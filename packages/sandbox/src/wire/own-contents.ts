// Captured before a plugin's code can replace them, and called past whatever an object has put in their place.
const { apply } = Reflect;
const getTime = Date.prototype.getTime;
const forEachEntry = Map.prototype.forEach;
const forEachMember = Set.prototype.forEach;
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');

function getterOf(prototype: object, name: string): () => number {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => number;
}

/** The time that a Date holds. Throws `TypeError` for what was never one, as do the others. */
export function timeOf(date: Date): number {
  return apply(getTime, date, []);
}

export function sizeOfMap(map: ReadonlyMap<unknown, unknown>): number {
  return apply(mapSize, map, []);
}

export function sizeOfSet(set: ReadonlySet<unknown>): number {
  return apply(setSize, set, []);
}

export function entriesOf(map: ReadonlyMap<unknown, unknown>): [unknown, unknown][] {
  const entries: [unknown, unknown][] = [];
  apply(forEachEntry, map, [(value: unknown, key: unknown): void => void entries.push([key, value])]);
  return entries;
}

export function membersOf(set: ReadonlySet<unknown>): unknown[] {
  const members: unknown[] = [];
  apply(forEachMember, set, [(member: unknown): void => void members.push(member)]);
  return members;
}
