import type { BigIntStats } from 'node:fs';

/** A folder of the disk, and how a call names what is in it. */
export interface DirectoryHandle extends Disposable {
  /** Names the folder itself, for a call that lists it. */
  readonly here: string;
  /** A path for one call on the entry of this name; the call must not follow links at its end. */
  entry(name: string): string;
  /** Opens the folder of this name (`.` is itself). Throws `ENOTDIR`, `ENOENT`, or a `DiskRefusedError`. */
  open(name: string): DirectoryHandle;
  /** Throws where a file just opened by `entry(name)` might not be that entry, or is on another device where that matters. */
  confirm(name: string, fd: number, opened: BigIntStats): void;
  /** Throws a `DiskRefusedError` where entries must be on the root's device, and this one is not. Follows no link. */
  requireSameDevice(name: string): void;
}
