import * as types from 'node:util/types';

const MAX_DEPTH = 16;

/**
 * Whether plain data is frozen, with all that is in it: then it reads tomorrow as it reads today. What was found to be is remembered: a host hands the same
 * objects in with each run.
 */
export function isDeepFrozen(value: unknown, known: WeakSet<object>, depth = 0): boolean {
  if (typeof value === 'function') return false;
  if (typeof value !== 'object' || value === null || known.has(value)) return true;
  if (depth > MAX_DEPTH || types.isProxy(value) || !Object.isFrozen(value)) return false;
  // A date or a map changes however frozen it is.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return false;
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !('value' in property) || !isDeepFrozen(property.value, known, depth + 1))
      return false;
  }
  known.add(value);
  return true;
}
