import type { LogLevel } from './log-record.js';

/** A plugin's function. Runs in the guest; `input` and the result are copies of plain data. */
export type Handler<Input = unknown, Output = unknown> = (
  input: Input,
  ctx: HandlerContext,
) => Output | Promise<Output>;

/** What a handler holds. What its capabilities did not bring is absent, not refused. */
export interface HandlerContext {
  /** Aborts when the caller aborts or the time is up. After `graceMs` more, the process is ended. */
  readonly signal: AbortSignal;
  readonly log: GuestLog;
  /** Tells the host how far the work is: `fraction` from 0 to 1 where it is known. */
  progress(message: string, fraction?: number): void;
  /**
   * Runs after the handler, last registered first, within `graceMs`, also after a failure or an abort. Calls to the host are over
   * by then: what is open has been ended, and a new one rejects.
   */
  onCleanup(cleanup: () => void | Promise<void>): void;
  readonly fs?: GuestFs;
  readonly fetch?: typeof globalThis.fetch;
  /** The variables that were granted, frozen. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Sends lines to the host. What goes beyond `maxOutputBytes` is cut, with a marker. */
export type GuestLog = {
  readonly [Level in LogLevel]: (text: string, fields?: Readonly<Record<string, unknown>>) => void;
};

/** What every call to the host takes. An aborted call rejects; what it has done by then stays done. */
export interface GuestCallOptions {
  readonly signal?: AbortSignal;
}

/** One name in a folder. A link and a special file are `other`, and no call follows or opens them. */
export interface GuestDirEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

/** What a guest may know of a file: no owner, no mode, no inode. */
export interface GuestFileStat {
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

/** Files through the gate. Paths are strings, relative to the run's root or absolute below it. No links are followed. */
export interface GuestFs {
  readFile(path: string, options?: GuestCallOptions & { readonly encoding?: undefined }): Promise<Uint8Array>;
  readFile(path: string, options: 'utf8' | (GuestCallOptions & { readonly encoding: 'utf8' })): Promise<string>;
  readDir(path: string, options?: GuestCallOptions): Promise<readonly GuestDirEntry[]>;
  stat(path: string, options?: GuestCallOptions): Promise<GuestFileStat>;
  /** Paths relative to the root, sorted; files alone, and only those that the policy lets be read. */
  glob(pattern: string, options?: GuestCallOptions & { readonly limit?: number }): Promise<readonly string[]>;
  writeFile(path: string, data: string | Uint8Array, options?: GuestCallOptions): Promise<void>;
  appendFile(path: string, data: string | Uint8Array, options?: GuestCallOptions): Promise<void>;
  mkdir(path: string, options?: GuestCallOptions & { readonly recursive?: boolean }): Promise<void>;
  remove(path: string, options?: GuestCallOptions & { readonly recursive?: boolean }): Promise<void>;
  rename(from: string, to: string, options?: GuestCallOptions): Promise<void>;
  copy(from: string, to: string, options?: GuestCallOptions): Promise<void>;
}

/** The host functions that a guest may call through `ctx`. */
export type HostFunctionName =
  | 'fs.readFile'
  | 'fs.readDir'
  | 'fs.stat'
  | 'fs.glob'
  | 'fs.writeFile'
  | 'fs.appendFile'
  | 'fs.mkdir'
  | 'fs.remove'
  | 'fs.rename'
  | 'fs.copy'
  | 'net.fetch'
  | 'net.readBody'
  | 'net.writeBody'
  | 'net.cancel'
  | 'env.read';

/** The host functions behind `ctx`, each with the capability that brings it. `net.*` but for `net.fetch` moves bodies. */
export const HOST_FUNCTIONS: Readonly<Record<HostFunctionName, string>> = Object.freeze({
  'fs.readFile': 'fs.read',
  'fs.readDir': 'fs.read',
  'fs.stat': 'fs.read',
  'fs.glob': 'fs.read',
  'fs.writeFile': 'fs.write',
  'fs.appendFile': 'fs.write',
  'fs.mkdir': 'fs.write',
  'fs.remove': 'fs.write',
  'fs.rename': 'fs.write',
  'fs.copy': 'fs.write',
  'net.fetch': 'net.fetch',
  'net.readBody': 'net.fetch',
  'net.writeBody': 'net.fetch',
  'net.cancel': 'net.fetch',
  'env.read': 'env.read',
});
