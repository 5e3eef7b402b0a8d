import * as types from 'node:util/types';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { tooLarge } from './store-errors.js';

const MAX_DEPTH = 500;

/** Data as it is stored. */
export interface EncodedData {
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** What data may be. */
export interface EncodeOptions {
  /** `ERR_ARTIFACT_TOO_LARGE` beyond it, for JSON before it is made. */
  readonly maxBytes: number;
  /** Whether members that are `undefined` are left out, as JSON does it. Default: they are refused. */
  readonly dropUndefined?: boolean;
}

/**
 * Strings become UTF-8, bytes stay what they are, all else becomes JSON. Throws `ERR_INVALID_ARGUMENT` with the JSON pointer of what would
 * not come back as it is: half a character, `undefined`, a BigInt, a cycle, a class, an accessor.
 */
export function encodeData(data: unknown, options: EncodeOptions): EncodedData {
  if (typeof data === 'string') {
    if (!data.isWellFormed()) throw notStorable('', 'it has half a surrogate pair');
    return { body: Buffer.from(data), contentType: 'text/plain; charset=utf-8' };
  }
  if (types.isUint8Array(data)) {
    // Of any realm; the stores know those of their own.
    const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { body, contentType: 'application/octet-stream' };
  }
  new JsonWalk(options).check(data);
  const body = Buffer.from(`${JSON.stringify(data, undefined, 2)}\n`);
  return { body, contentType: 'application/json' };
}

/** The end of a name for what `encodeData` makes of it, with the dot. */
export function extensionOf(data: unknown): string {
  if (typeof data === 'string') return '.txt';
  return types.isUint8Array(data) ? '.bin' : '.json';
}

/** Goes through a value without running any of its code. */
class JsonWalk {
  readonly #options: EncodeOptions;
  readonly #open = new Set<object>();
  readonly #path: string[] = [];
  #bytes = 0;

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  check(value: unknown): void {
    const path = this.#path;
    // At least as much as the text of it, so that what is too much is never made.
    this.#bytes += typeof value === 'string' ? value.length + 2 : 1;
    if (this.#bytes > this.#options.maxBytes) throw tooLarge(this.#options.maxBytes);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return;
      throw notStorable(path, `it is ${value}`);
    }
    if (typeof value !== 'object') throw notStorable(path, `it is of type ${typeof value}`);
    if (types.isProxy(value)) throw notStorable(path, 'it is a proxy');
    if (this.#open.has(value)) throw notStorable(path, 'it holds itself');
    if (path.length >= MAX_DEPTH) throw notStorable(path, `it is nested more than ${MAX_DEPTH} levels deep`);
    this.#open.add(value);
    for (const [name, member] of membersOf(value, path)) {
      if (member === undefined && this.#options.dropUndefined === true && !Array.isArray(value)) continue;
      path.push(name);
      this.check(member);
      path.pop();
    }
    this.#open.delete(value);
  }
}

function membersOf(value: object, path: readonly string[]): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(value) && !isPlain(value)) throw notStorable(path, 'it is no plain object');
  if ('toJSON' in value) throw notStorable(path, 'it has a toJSON');
  const keys = Reflect.ownKeys(value).filter((key) => !(Array.isArray(value) && key === 'length'));
  if (Array.isArray(value) && keys.length !== value.length) throw notStorable(path, 'it is a list with gaps or names');
  return keys.map((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (typeof key === 'string' && descriptor?.enumerable === true && 'value' in descriptor) {
      return [key, descriptor.value];
    }
    throw notStorable(path, `its member ${String(key)} is an accessor, hidden or a symbol`);
  });
}

/** Also one of another realm, whose `Object.prototype` is not ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  if (typeof prototype !== 'object' || types.isProxy(prototype) || Object.getPrototypeOf(prototype) !== null)
    return false;
  return Object.hasOwn(prototype, 'isPrototypeOf');
}

function notStorable(path: readonly string[] | '', flaw: string): PluginError {
  const pointer = [...path].map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const shown = pointer.length > 200 ? `${pointer.slice(0, 200)}…` : pointer;
  const place = shown === '' ? 'the data' : `the data at ${shown}`;
  return createError('ERR_INVALID_ARGUMENT', `${place} cannot be stored as it is: ${flaw}`, {
    details: { pointer: shown, flaw },
    hint: 'write a string, bytes, or plain data as JSON has it',
  });
}
