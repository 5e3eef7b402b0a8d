import type { GuestCallOptions } from './call-options.js';
import type { GuestAnalytics } from './analytics.js';
import type { GuestArtifacts } from './guest-artifacts.js';
import type { GuestEvents } from './guest-events.js';
import type { InvokeRequest } from './invoke.js';
import type { LogLevel } from './log-record.js';
import type { GuestPresenter } from './presenter.js';
import type { GuestShell } from './shell.js';

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
  readonly artifacts?: GuestArtifacts;
  readonly events?: GuestEvents;
  readonly analytics?: GuestAnalytics;
  /** Runs a handler of another plugin. Rejects with the code with which that run failed. */
  readonly invoke?: (request: InvokeRequest, options?: GuestCallOptions) => Promise<unknown>;
  readonly shell?: GuestShell;
  readonly presenter?: GuestPresenter;
  readonly config?: GuestConfig;
}

/** Sends lines to the host. What goes beyond `maxOutputBytes` is cut, with a marker. */
export type GuestLog = {
  readonly [Level in LogLevel]: (text: string, fields?: Readonly<Record<string, unknown>>) => void;
};

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

/** What becomes of a section that is there already: it stays, is replaced, or objects are merged and the new value wins. */
export type SectionStrategy = 'keep' | 'replace' | 'merge';

/** JSON files through the gate, changed as a whole or not at all. */
export interface GuestConfig {
  /**
   * Sees to it that a JSON file has this value at a JSON pointer. Writes nothing where it has already (`changed` is false). Throws
   * `ERR_INVALID_ARGUMENT` for a pointer through `__proto__`, `constructor` or `prototype`, or through what is no object.
   */
  ensureSection(
    path: string,
    section: { readonly pointer: string; readonly value: unknown; readonly strategy?: SectionStrategy },
    options?: GuestCallOptions,
  ): Promise<{ readonly changed: boolean }>;
}
