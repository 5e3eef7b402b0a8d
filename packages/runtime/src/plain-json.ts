import * as types from 'node:util/types';
import { createError } from '@kb-labs/contracts';
import type { ErrorCode, JsonValue } from '@kb-labs/contracts';

const MAX_DEPTH = 32;
const MAX_NODES = 20_000;

/** Where a document comes from and which code refuses it. */
export interface PlainJsonOptions {
  readonly code: ErrorCode;
  /** The subject of the message: `the manifest`. */
  readonly what: string;
}

// `@kb-labs/permissions` copies its specs by rules of its own: a spec is written in code, so `undefined` counts as absent there and
// other realms are welcome, and it is small. A manifest comes out of a file, and nothing that no file can hold is let through.
/**
 * Copies plain JSON data. Getters, proxies, class instances, symbols, holes, cycles and a key `__proto__` are refused with a
 * JSON pointer, and no code of the value runs. At most 32 levels and 20 000 values.
 */
export function copyPlainJson(value: unknown, options: PlainJsonOptions): JsonValue {
  return new Copier(options).copy(value, '', 0);
}

/** One segment of a JSON pointer (RFC 6901). */
export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Where a part lies that is being copied. */
interface Place {
  readonly pointer: string;
  readonly depth: number;
}

class Copier {
  readonly #options: PlainJsonOptions;
  #nodes = 0;

  constructor(options: PlainJsonOptions) {
    this.#options = options;
  }

  copy(part: unknown, pointer: string, depth: number): JsonValue {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) this.#refuse(pointer, `holds more than ${MAX_NODES} values`);
    if (depth > MAX_DEPTH) this.#refuse(pointer, `is nested deeper than ${MAX_DEPTH} levels`);
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part;
    if (typeof part === 'number') return Number.isFinite(part) ? part : this.#refuse(pointer, 'is not a finite number');
    if (typeof part !== 'object') return this.#refuse(pointer, `is of type ${typeof part}, which JSON does not have`);
    if (types.isProxy(part)) return this.#refuse(pointer, 'is a proxy');
    return Array.isArray(part) ? this.#copyArray(part, pointer, depth) : this.#copyObject(part, pointer, depth);
  }

  #copyArray(list: readonly unknown[], pointer: string, depth: number): JsonValue {
    if (Object.getPrototypeOf(list) !== Array.prototype) this.#refuse(pointer, 'is not a plain array');
    if (list.length > MAX_NODES) this.#refuse(pointer, `holds more than ${MAX_NODES} values`);
    return Array.from({ length: list.length }, (_, index) =>
      this.#copyProperty(list, String(index), { pointer, depth }),
    );
  }

  #copyObject(object: object, pointer: string, depth: number): JsonValue {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype !== Object.prototype && prototype !== null) this.#refuse(pointer, 'is not a plain object');
    const copied: Record<string, JsonValue> = {};
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key === 'symbol') return this.#refuse(pointer, 'has a symbol for a key');
      if (key === '__proto__') return this.#refuse(`${pointer}/__proto__`, 'is a key that is not accepted');
      copied[key] = this.#copyProperty(object, key, { pointer, depth });
    }
    return copied;
  }

  #copyProperty(holder: object, key: string, { pointer, depth }: Place): JsonValue {
    const place = `${pointer}/${escapePointer(key)}`;
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property === undefined) return this.#refuse(place, 'is a hole');
    if (!('value' in property)) return this.#refuse(place, 'is a getter, not data');
    return this.copy(property.value, place, depth + 1);
  }

  #refuse(pointer: string, problem: string): never {
    const shown = pointer.slice(0, 256);
    const { code, what } = this.#options;
    throw createError(code, `${what} is not plain JSON data: ${shown === '' ? 'it' : shown} ${problem}`, {
      details: { pointer: shown },
      hint: 'hand in what JSON.parse returns',
    });
  }
}
