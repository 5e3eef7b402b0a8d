import * as types from 'node:util/types';
import type { Issue } from '@kb-labs/contracts';
import { joinPointer } from './config-error.js';

const MAX_DEPTH = 8;
const MAX_ITEMS = 1000;
const MAX_KEYS = 64;

/** A copy of plain JSON data, or the first thing that is not plain JSON data. */
export type PlainCopy = { readonly ok: true; readonly value: unknown } | ({ readonly ok: false } & Issue);

/** Copies plain JSON data without ever running its code: no getters, class instances, proxies, cycles or excess. */
export function copyPlainData(value: unknown, pointer: string, depth = 0): PlainCopy {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return { ok: true, value };
  }
  if (typeof value !== 'object') return refuse(pointer, `must be JSON data, not ${typeof value}`);
  if (types.isProxy(value)) return refuse(pointer, 'must be JSON data, not a proxy');
  if (depth >= MAX_DEPTH) return refuse(pointer, `is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return copyArray(value, pointer, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && !isObjectPrototype(prototype)) {
    return refuse(pointer, 'must be a plain object, not an instance of a class');
  }
  return copyObject(value, pointer, depth);
}

function copyArray(value: readonly unknown[], pointer: string, depth: number): PlainCopy {
  if (value.length > MAX_ITEMS) return refuse(pointer, `has ${value.length} entries; at most ${MAX_ITEMS} are read`);
  const copy: unknown[] = [];
  for (let index = 0; index < value.length; index += 1) {
    const at = joinPointer(pointer, index);
    const descriptor = Object.getOwnPropertyDescriptor(value, index);
    if (descriptor === undefined) return refuse(at, 'is a hole in an array; write a value');
    if (!('value' in descriptor)) return refuse(at, 'must be a value, not a getter');
    const item = copyPlainData(descriptor.value, at, depth + 1);
    if (!item.ok) return item;
    copy.push(item.value);
  }
  return { ok: true, value: copy };
}

function copyObject(value: object, pointer: string, depth: number): PlainCopy {
  const keys = Reflect.ownKeys(value);
  if (keys.length > MAX_KEYS) return refuse(pointer, `has ${keys.length} keys; at most ${MAX_KEYS} are read`);
  const entries: [string, unknown][] = [];
  for (const key of keys) {
    if (typeof key === 'symbol') return refuse(pointer, 'has a symbol for a key; write strings');
    const at = joinPointer(pointer, key);
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined || !('value' in descriptor)) return refuse(at, 'must be a value, not a getter');
    if (descriptor.value === undefined) continue;
    const item = copyPlainData(descriptor.value, at, depth + 1);
    if (!item.ok) return item;
    entries.push([key, item.value]);
  }
  // `fromEntries` defines own properties, so a key `__proto__` stays a key.
  return { ok: true, value: Object.fromEntries(entries) };
}

// A spec may come from another realm (a vm context, a test runner), whose Object.prototype is not ours.
function isObjectPrototype(prototype: unknown): boolean {
  return typeof prototype === 'object' && prototype !== null && Object.getPrototypeOf(prototype) === null
    ? Object.hasOwn(prototype, 'isPrototypeOf')
    : false;
}

function refuse(pointer: string, message: string): PlainCopy {
  return { ok: false, pointer, message };
}
