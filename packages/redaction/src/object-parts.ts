import * as types from 'node:util/types';

/** Entries of a collection, taken without running code of its class. */
export interface Items {
  readonly items: readonly unknown[];
  /** How many there are in all. */
  readonly size: number;
}

/** The first entries of a map, each as a pair, or of a set; `undefined` for all else. */
export function itemsOf(value: object, max: number): Items | undefined {
  if (types.isMap(value)) {
    return {
      items: take(Map.prototype.entries.call(value), max),
      size: Number(Reflect.get(Map.prototype, 'size', value)),
    };
  }
  if (types.isSet(value)) {
    return {
      items: take(Set.prototype.values.call(value), max),
      size: Number(Reflect.get(Set.prototype, 'size', value)),
    };
  }
  return undefined;
}

/** What an error is called, its own name or that of its class; `undefined` where only code could tell. */
export function errorName(error: object): string | undefined {
  let place: object | null = error;
  for (let level = 0; place !== null && level < MAX_LEVELS; level += 1) {
    if (types.isProxy(place)) return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(place, 'name');
    if (descriptor !== undefined) return typeof descriptor.value === 'string' ? descriptor.value : undefined;
    place = Object.getPrototypeOf(place);
  }
  return undefined;
}

const MAX_LEVELS = 16;

/** Whether an object is of a class, and so may hold what its members do not tell. */
export function isOfClass(object: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(object);
  if (prototype === null) return false;
  return types.isProxy(prototype) || Object.getPrototypeOf(prototype) !== null;
}

function take(entries: Iterator<unknown>, max: number): readonly unknown[] {
  const items: unknown[] = [];
  for (let step = entries.next(); step.done !== true && items.length < max; step = entries.next())
    items.push(step.value);
  return items;
}
