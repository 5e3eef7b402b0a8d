import type NodeFs from 'node:fs';
import { refuse } from './refuse.js';
import type { OwnDescriptor } from './refuse.js';

type FilePromises = typeof NodeFs.promises;

// Captured before a plugin's code can replace them.
const { apply } = Reflect;
const { defineProperty, getPrototypeOf } = Object;
const NodePromise = Promise;

const BY_DESCRIPTOR = ['futimes', 'futimesSync', 'fchmod', 'fchmodSync', 'fchown', 'fchownSync'];

/**
 * Node 22.18 changes times, modes and owners of a file that is open for reading, whatever its permission model says (CVE-2025-55132,
 * CVE-2026-21716). `fs.promises` is guarded when it is first asked for: loading it takes most of a millisecond.
 */
export function guardFiles(): void {
  const fs = process.getBuiltinModule('node:fs');
  for (const name of BY_DESCRIPTOR) refuse(fs, name, `fs.${name}`);
  const load = Object.getOwnPropertyDescriptor(fs, 'promises')?.get;
  let loaded: FilePromises | undefined;
  const get = (): FilePromises => (loaded ??= guardFileHandles(load === undefined ? fs.promises : apply(load, fs, [])));
  defineProperty(fs, 'promises', { get, configurable: false, enumerable: true });
}

/** The class of file handles shows in none but a handle, and handles come from `open` alone. */
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
