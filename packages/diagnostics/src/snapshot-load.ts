import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import type { BodySource } from './snapshot-decode.js';
import { bodiesOf, fileOf, idOfFileName, isSnapshotId } from './snapshot-id.js';
import { parseSnapshot } from './snapshot-schema.js';
import type { LoadedSnapshot } from './snapshot.js';

/** A snapshot by its file, or by its folder and id. */
export type SnapshotReference = string | { readonly directory: string; readonly id: string };

/** Twice what a recorder may keep: escapes take room. */
const MAX_BYTES = 268_435_456;
/** Bytes of all bodies together: twice what a recorder may keep. */
const MAX_BODY_BYTES = 134_217_728;
const { O_RDONLY } = constants;
// Windows has neither. Without O_NONBLOCK, a pipe that nobody writes to would be waited for.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a snapshot. Throws `ERR_INVALID_ARGUMENT` for a reference that names none (an id is a UUIDv7, and nothing else may become part of a
 * path), `ERR_IO_FAILED` for a file that cannot be read, is a link or no file, and `ERR_CONFIG_INVALID` for one that is no snapshot.
 */
export async function loadSnapshot(reference: SnapshotReference): Promise<LoadedSnapshot> {
  return (await loadSnapshotText(reference)).snapshot;
}

/** The same, with the text that it was read from. */
export async function loadSnapshotText(
  reference: SnapshotReference,
): Promise<{ readonly snapshot: LoadedSnapshot; readonly text: string }> {
  const file = locate(reference);
  const text = (await readSafely(file, MAX_BYTES)).toString('utf8');
  const snapshot = parseSnapshot(text);
  const id = idOfFileName(basename(file));
  if (id !== undefined && id !== snapshot.id) {
    throw createError(
      'ERR_CONFIG_INVALID',
      `the file ${file} holds the snapshot ${snapshot.id}, not the one it is named after`,
      { details: { file }, hint: 'give it back its own name' },
    );
  }
  return { snapshot: { ...snapshot, file }, text };
}

/** Reads the bodies that are kept beside a snapshot. One that is gone, or is not what its name says, is not at hand. */
export async function loadBodies(snapshot: LoadedSnapshot): Promise<BodySource> {
  const folder = bodiesOf(dirname(snapshot.file), snapshot.id);
  const bodies = new Map<string, Uint8Array>();
  let room = MAX_BODY_BYTES;
  for (const sha256 of Object.keys(snapshot.bodies)) {
    const bytes = await readSafely(join(folder, sha256), room).catch(() => undefined); // Told where it is asked for.
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) continue;
    room -= bytes.length;
    bodies.set(sha256, bytes);
  }
  return (sha256) => bodies.get(sha256);
}

function locate(reference: SnapshotReference): string {
  if (typeof reference === 'string') {
    if (isAbsolute(reference) && !reference.includes('\0')) return reference;
    throw wrong('a snapshot is named by an absolute path, or by its folder and id');
  }
  const { directory, id } = reference;
  if (typeof id !== 'string' || !isSnapshotId(id)) throw wrong('the id of a snapshot is a UUIDv7 in lower case');
  if (typeof directory !== 'string' || !isAbsolute(directory))
    throw wrong('the folder of a snapshot is an absolute path');
  return fileOf(directory, id);
}

async function readSafely(file: string, maxBytes: number): Promise<Buffer> {
  try {
    const handle = await open(file, O_RDONLY | SAFELY);
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > maxBytes)
        throw new Error('it is no regular file, or too large for a snapshot');
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw createError('ERR_IO_FAILED', `the snapshot ${file} cannot be read`, {
      cause: error,
      details: { file },
      hint: 'take one that listSnapshots names, as a user who may read it',
    });
  }
}

function wrong(problem: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', problem, { hint: 'take file or id from listSnapshots()' });
}
