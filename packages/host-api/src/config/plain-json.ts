import * as types from 'node:util/types';
import { createError } from '@kb-labs/contracts';
import { FORBIDDEN_NAMES, formatPointer, MAX_DEPTH } from './json-pointer.js';

/**
 * A copy of a value that JSON can hold as it is: null, booleans, finite numbers, strings, and arrays and plain objects of them. Own
 * data properties alone are looked at. Throws `ERR_INVALID_ARGUMENT` with the place, never with the value.
 */
export function copyPlainJson(value: unknown): unknown {
  let left = MAX_VALUES;
  return copy(value, {
    place: [],
    count() {
      left -= 1;
      return left >= 0;
    },
  });
}

/** What stands in two places is copied twice, so that a small value may be a large document. */
const MAX_VALUES = 100_000;

interface Spot {
  readonly place: readonly string[];
  /** Whether one more value is still allowed. */
  readonly count: () => boolean;
}

function copy(value: unknown, spot: Spot): unknown {
  const { place } = spot;
  if (!spot.count()) throw createValueError(place, `is one too many: a section has ${MAX_VALUES} values at most`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  // Minus zero is a number that JSON cannot hold.
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'object') throw createValueError(place, 'is no JSON');
  // Whatever is asked of a proxy runs its code.
  if (types.isProxy(value)) throw createValueError(place, 'is a proxy');
  if (place.length >= MAX_DEPTH) throw createValueError(place, `lies more than ${MAX_DEPTH} levels deep`);
  return Array.isArray(value) ? copyArray(value, spot) : copyObject(value, spot);
}

function copyArray(value: readonly unknown[], { place, count }: Spot): readonly unknown[] {
  // By the length, so that a hole is met, and refused.
  return Array.from({ length: value.length }, (_, index) => {
    const item = Object.getOwnPropertyDescriptor(value, index);
    if (item === undefined || !('value' in item)) throw createValueError(place, 'has an item that is no data');
    return copy(item.value, { place: [...place, String(index)], count });
  });
}

function copyObject(value: object, { place, count }: Spot): Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw createValueError(place, 'is no plain object');
  return Object.fromEntries(
    Reflect.ownKeys(value).map((name): [string, unknown] => {
      if (typeof name !== 'string') throw createValueError(place, 'has a member whose name is no string');
      if (FORBIDDEN_NAMES.has(name)) throw createValueError(place, `has a member that is called ${name}`);
      const member = Object.getOwnPropertyDescriptor(value, name);
      if (member === undefined || !('value' in member)) throw createValueError(place, 'has a member that is no data');
      return [name, copy(member.value, { place: [...place, name], count })];
    }),
  );
}

function createValueError(place: readonly string[], problem: string): Error {
  const pointer = formatPointer(place).slice(0, 256);
  return createError('ERR_INVALID_ARGUMENT', `ensureSection: what stands in the value at "${pointer}" ${problem}`, {
    details: { function: 'ensureSection', argument: 'value', pointer },
    hint: 'hand in JSON: null, booleans, numbers, strings, arrays and plain objects',
  });
}
