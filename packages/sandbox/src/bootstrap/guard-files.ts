import type NodeFs from 'node:fs';
import { NODE_MAJOR } from './node-major.js';
import { refuse } from './refuse.js';
import type { OwnDescriptor } from './refuse.js';

type FilePromises = typeof NodeFs.promises;

// Captured before a plugin's code can replace them.
const { apply } = Reflect;
const { defineProperty, getPrototypeOf } = Object;
const NodePromise = Promise;

const BY_DESCRIPTOR = ['futimes', 'futimesSync', 'fchmod', 'fchmodSync', 'fchown', 'fchownSync'];

/** From this version on Node does by itself, as late patches of 22 and 24 do, what is guarded here. */
const REFUSES_BY_HANDLE = NODE_MAJOR >= 26;

/**
 * Node 22.18 changes times, modes and owners of a file that is open for reading, whatever its permission model says (CVE-2025-55132,
 * CVE-2026-21716). Where Node refuses by itself, `fs.promises` is guarded when it is first asked for: loading it takes most of a millisecond.
 */
export function guardFiles(): void {
  const fs = process.getBuiltinModule('node:fs');
  for (const name of BY_DESCRIPTOR) refuse(fs, name, `fs.${name}`);
  const prototype = REFUSES_BY_HANDLE ? undefined : showHandlePrototype(fs);
  if (prototype === undefined) guardPromises(fs);
  else guardHandle(prototype);
}

/**
 * The class of file handles is told to nobody, but shows in more than what `open` returns: in a getter `then` that all objects have, and in what is asked
 * whether something is a handle. The latter is done here, before a plugin's code does either.
 */
function showHandlePrototype(fs: typeof NodeFs): object | undefined {
  const { EventEmitter } = process.getBuiltinModule('node:events');
  let shown: object | undefined;
  const get = function (this: { readonly prototype: object }): undefined {
    if ('utimes' in this.prototype) shown = this.prototype;
  };
  defineProperty(EventEmitter, Symbol.hasInstance, { get, configurable: true });
  try {
    fs.createReadStream('', { fd: Object.create(null) });
  } catch {
    // It is no handle indeed.
  } finally {
    Reflect.deleteProperty(EventEmitter, Symbol.hasInstance);
  }
  return shown;
}

function guardPromises(fs: typeof NodeFs): void {
  const load = Object.getOwnPropertyDescriptor(fs, 'promises')?.get;
  let loaded: FilePromises | undefined;
  const get = (): FilePromises => (loaded ??= guardFileHandles(load === undefined ? fs.promises : apply(load, fs, [])));
  defineProperty(fs, 'promises', { get, configurable: false, enumerable: true });
}

function guardFileHandles(promises: FilePromises): FilePromises {
  const { open } = promises;
  let guarded = false;
  const native: OwnDescriptor = { __proto__: null, value: NodePromise };
  const value = async (...args: Parameters<typeof open>): ReturnType<typeof open> => {
    const opening = apply(open, promises, args);
    // `await` asks a promise for its constructor, and shows it to whoever has replaced that.
    defineProperty(opening, 'constructor', native);
    const handle = await opening;
    if (!guarded) guardHandle(getPrototypeOf(handle));
    guarded = true;
    return handle;
  };
  const own: OwnDescriptor = { __proto__: null, value, configurable: false, writable: false, enumerable: true };
  defineProperty(promises, 'open', own);
  return promises;
}

function guardHandle(prototype: object): void {
  refuse(prototype, 'utimes', 'utimes of a file handle');
  refuse(prototype, 'chmod', 'chmod of a file handle');
  refuse(prototype, 'chown', 'chown of a file handle');
}
