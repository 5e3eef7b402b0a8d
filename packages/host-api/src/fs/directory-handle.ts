import type { BigIntStats } from 'node:fs';

/** A folder of the disk, and how a call names what is in it. */
export interface DirectoryHandle extends Disposable {
  /** Names the folder itself, for a call that lists it. */
  readonly here: string;
  /** The device that entries must be on, or `undefined` where any will do. */
  readonly device: bigint | undefined;
  /** A path for one call on the entry of this name; the call must not follow links at its end. */
  entry(name: string): string;
  /** Opens the folder of this name (`.` is itself). Throws `ENOTDIR`, `ENOENT`, or a `DiskRefusedError`. */
  open(name: string): DirectoryHandle;
  /** Throws where a file just opened by `entry(name)` might not be that entry. */
  confirm(name: string, opened: BigIntStats): void;
}
