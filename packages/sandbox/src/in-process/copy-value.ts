import { decodeValue } from '../wire/decode-value.js';
import { encodeValue } from '../wire/encode-value.js';
import { DEFAULT_WIRE_LIMITS } from '../wire/limits.js';
import { measureValue } from '../wire/output-budget.js';
import { numberBytes, textBytes } from './json-bytes.js';
import type { Shapes } from './shapes.js';

// Captured before a plugin's code can replace them.
const { getOwnPropertySymbols, getPrototypeOf, hasOwn, is } = Object;
const { isFinite, isSafeInteger } = Number;
const { get } = Reflect;
const { isArray } = Array;
const objectPrototype: unknown = Object.prototype;
const listPrototype: unknown = Array.prototype;

/** Longer text travels beside the JSON of a message. */
const LONG_TEXT = 16_384;
const { maxDepth, maxElements } = DEFAULT_WIRE_LIMITS;
/** Half of what a decoder takes is a comma, half a colon or a bracket. The message around a value needs some as well. */
const MAX_UNITS = maxElements * 2 - 100;

/** A copy, and the bytes that the value would take on the wire. */
export interface CopiedValue {
  readonly value: unknown;
  readonly bytes: number;
}

/** How a value is copied. */
export interface CopyOptions {
  readonly shapes: Shapes;
  /** Whether `bytes` is asked for; otherwise it means nothing. */
  readonly isMeasured: boolean;
  /** The name under which it stands in the message that it would travel in, one level down; by itself where it has none. */
  readonly name: string | undefined;
}

/**
 * What `decodeValue(encodeValue(value))` makes of a value, with the same refusals, without bytes in between where it is made of plain objects, lists and
 * what JSON has a word for. Of any other value, and for the words of a refusal, the codec of the wire makes it. A proxy of a list may notice the difference.
 */
export function copyValue(value: unknown, options: CopyOptions): CopiedValue {
  const { name } = options;
  const walk: Walk = { ...options, units: name === undefined ? 0 : AROUND, bytes: 0 };
  const copy = isPolluted() ? OTHER : copyAny(value, walk, name === undefined ? 0 : 1);
  if (copy !== OTHER) return { value: copy, bytes: walk.bytes };
  const encoded = encodeValue(name === undefined ? value : { [name]: value });
  const decoded = decodeValue(encoded);
  return {
    value: name === undefined ? decoded : get(Object(decoded), name),
    bytes: options.isMeasured ? measureValue(encoded) : 0,
  };
}

/** What an object with one member counts. */
const AROUND = 3;

/** Something in a value takes the codec. */
const OTHER: unique symbol = Symbol('other');

interface Walk extends CopyOptions {
  /** What the decoder's bounds would count: brackets, commas and colons. */
  units: number;
  bytes: number;
}

/** Whether each object or list has a name too many: the loops here would take it for one of its own. */
function isPolluted(): boolean {
  for (const _name in EMPTY) return true;
  return false;
}

const EMPTY: readonly never[] = [];

function copyAny(value: unknown, walk: Walk, level: number): unknown {
  switch (typeof value) {
    case 'object':
      return value === null ? copyNull(walk) : copyObject(value, walk, level);
    case 'string':
      if (value.length >= LONG_TEXT) return OTHER;
      if (walk.isMeasured) walk.bytes += textBytes(value);
      return value;
    case 'number':
      if (!isFinite(value) || is(value, -0)) return OTHER;
      if (walk.isMeasured) walk.bytes += numberBytes(value);
      return value;
    case 'boolean':
      walk.bytes += value ? 4 : 5;
      return value;
    case 'undefined':
      walk.bytes += UNDEFINED_BYTES;
      return count(5, walk) ? undefined : OTHER;
    default:
      return OTHER;
  }
}

/** `{"$":["undefined"]}` */
const UNDEFINED_BYTES = 19;

function copyNull(walk: Walk): null {
  walk.bytes += 4;
  return null;
}

function copyObject(value: object, walk: Walk, level: number): unknown {
  // Deeper than that is a refusal; and whoever goes round in a cycle gets there as well.
  if (level >= maxDepth) return OTHER;
  if (isArray(value)) return getPrototypeOf(value) === listPrototype ? copyList(value, walk, level) : OTHER;
  const prototype: unknown = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) return OTHER;
  return getOwnPropertySymbols(value).length > 0 ? OTHER : copyPlain(value, walk, level);
}

// By a loop: `slice` and its like ask a list what its copy is to be made of, and look at each of a thousand million holes.
function copyList(list: readonly unknown[], walk: Walk, level: number): unknown {
  const { length } = list;
  // A proxy may say anything.
  if (!isSafeInteger(length) || length < 0 || !count(1 + length, walk)) return OTHER;
  walk.bytes += length === 0 ? 2 : length + 1;
  const copy: unknown[] = [];
  for (let index = 0; index < length; index += 1) {
    const item = list[index];
    if (typeof item === 'string' && item.length < LONG_TEXT) {
      if (walk.isMeasured) walk.bytes += textBytes(item);
      copy[index] = item;
      continue;
    }
    if (item === undefined && !hasOwn(list, index)) return OTHER;
    const copied = copyAny(item, walk, level + 1);
    if (copied === OTHER) return OTHER;
    copy[index] = copied;
  }
  return copy;
}

function copyPlain(value: object, walk: Walk, level: number): unknown {
  const copy = { ...value } as Record<string, unknown>;
  if (walk.isMeasured) {
    const shape = walk.shapes.of(copy);
    if (shape === undefined) return OTHER;
    walk.bytes += shape.bytes;
  }
  walk.units += 1;
  for (const name in copy) {
    // Before what it names: what is there many times over must end somewhere.
    if (!count(2, walk)) return OTHER;
    const member = copy[name];
    if (typeof member === 'string' && member.length < LONG_TEXT) {
      if (walk.isMeasured) walk.bytes += textBytes(member);
      continue;
    }
    const copied = copyAny(member, walk, level + 1);
    if (copied === OTHER) return OTHER;
    if (copied !== member) copy[name] = copied;
  }
  return copy;
}

function count(more: number, walk: Walk): boolean {
  walk.units += more;
  return walk.units <= MAX_UNITS;
}
