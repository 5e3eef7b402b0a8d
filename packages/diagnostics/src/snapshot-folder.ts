import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { FinishedSnapshot } from './snapshot-draft.js';
import { bodiesOf, fileOf, idOfFileName, isSnapshotId, timeOfId } from './snapshot-id.js';

/** What is kept in a folder. */
export interface FolderLimits {
  readonly maxSnapshots: number;
  readonly maxAgeMs: number;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = constants;
// Windows has none.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
/** After so long, what has no snapshot belongs to a writer that is no more. */
const STALE_MS = 3_600_000;
const TEMPORARY = '.new';

/**
 * A folder of snapshots. Each is written under another name, synced, and renamed: whole or not at all. `write-file-atomic` 8 asks for a
 * newer Node 22 than we do, and takes the mode and the links of what it replaces.
 */
export class SnapshotFolder {
  readonly #directory: string;
  readonly #limits: FolderLimits;

  constructor(directory: string, limits: FolderLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Writes one. Bodies come first: a snapshot that is there has all of its own. Throws `ERR_IO_FAILED`. */
  async write({ id, text, bodies }: FinishedSnapshot): Promise<void> {
    try {
      await this.#prepare();
      if (bodies.size > 0) await this.#writeBodies(id, bodies);
      const file = fileOf(this.#directory, id);
      await writeWhole(`${file}${TEMPORARY}`, Buffer.from(text));
      await rename(`${file}${TEMPORARY}`, file);
      await syncFolder(this.#directory);
    } catch (error) {
      await this.#remove(id).catch(() => undefined); // The reason of the failure is told; what is left is swept later.
      throw createError('ERR_IO_FAILED', `a snapshot cannot be written to ${this.#directory}`, {
        cause: error,
        hint: 'give a folder that only the user of the host may write to (0700), on a disk with room',
      });
    }
  }

  /** Removes what is too old, too much, or was left by a writer that died. */
  async sweep(now: number): Promise<void> {
    const names = await readdir(this.#directory);
    const ids = names.flatMap((name) => idOfFileName(name) ?? []).toSorted();
    const tooMany = ids.length - this.#limits.maxSnapshots;
    const doomed = ids.filter((id, index) => index < tooMany || now - timeOfId(id) > this.#limits.maxAgeMs);
    const kept = new Set(ids);
    const stale = names
      .map((name) => name.slice(0, 36))
      .filter((id) => isSnapshotId(id) && !kept.has(id) && now - timeOfId(id) > STALE_MS);
    for (const id of new Set([...doomed, ...stale])) await this.#remove(id);
  }

  async #prepare(): Promise<void> {
    const made = await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(dirname(made));
    const stats = await lstat(this.#directory);
    if (!stats.isDirectory()) throw new Error('it is no folder, or a link to one');
    if (process.platform === 'win32') return;
    if (process.getuid !== undefined && stats.uid !== process.getuid()) throw new Error('it belongs to another user');
    if ((stats.mode & 0o077) !== 0) await chmod(this.#directory, 0o700);
  }

  async #writeBodies(id: string, bodies: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const folder = bodiesOf(this.#directory, id);
    await mkdir(folder, { mode: 0o700 });
    for (const [sha256, bytes] of bodies) await writeWhole(join(folder, sha256), bytes);
    await syncFolder(folder);
  }

  /** The snapshot goes first: one without its bodies would be half of one. */
  async #remove(id: string): Promise<void> {
    const file = fileOf(this.#directory, id);
    await rm(file, { force: true });
    await rm(`${file}${TEMPORARY}`, { force: true });
    await rm(bodiesOf(this.#directory, id), { force: true, recursive: true });
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a name outlive a power failure. Windows cannot open a folder. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
