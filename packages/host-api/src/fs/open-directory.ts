import type { BigIntStats } from 'node:fs';
import type { DiskRefusal } from '@kb-labs/contracts';

/** A folder that is held, so that what is done in it is done in that very folder, whatever happens to its name. */
export interface OpenDirectory extends Disposable {
  /** Names the folder itself, for a call that lists it. */
  readonly here: string;
  /** The device that entries must be on, or `undefined` where any will do. */
  readonly device: bigint | undefined;
  /** A path for one call on the entry of this name; the call must not follow links at its end. */
  entry(name: string): string;
  /** Opens the folder of this name (`.` is itself). Throws `ENOTDIR`, `ENOENT`, or a `DiskRefusedError`. */
  open(name: string): OpenDirectory;
  /** Throws where a file just opened by `entry(name)` might not be that entry. */
  confirm(name: string, opened: BigIntStats): void;
}

/** What stands on the disk is not to be touched. The gate makes it an audited refusal. */
export class DiskRefusedError extends Error {
  override readonly name = 'DiskRefusedError';
  readonly refusal: DiskRefusal;

  constructor(refusal: DiskRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** Closes the folder that was left, also where the next one could not be opened. */
export function descend(from: OpenDirectory, names: readonly string[]): OpenDirectory {
  let directory = from;
  for (const name of names) {
    using left = directory;
    directory = left.open(name);
  }
  return directory;
}
