import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, statfs, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import cacache from 'cacache';
import { createFileArtifactStore } from '@kb-labs/plugin-runtime';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const MIB = 1_048_576;
const SIZE = 100;
/** Room for the source, its copy, and two stores that each hold an old version while a new one is written. */
const NEEDED_BYTES = 600 * MIB;
const IN_MEMORY = '/dev/shm';
const run = promisify(execFile);

export const artifact100mb: Bench = {
  name: 'artifact-100mb',
  title: '100 MB from a file into a store, streamed and hashed, beside cp and cacache',
  async run({ quick, signal }) {
    const isMemory = await hasRoom(IN_MEMORY);
    await using folder = await openTemporaryFolder(isMemory ? IN_MEMORY : undefined);
    const source = join(folder.path, 'source');
    await writeFile(source, Buffer.concat(Array.from({ length: SIZE }, () => randomBytes(MIB))));
    const store = createFileArtifactStore({ directory: join(folder.path, 'store') });
    const key = { pluginId: 'bench', path: 'large.bin' };
    const options = { contentType: 'application/octet-stream', maxBytes: 200 * MIB, signal };
    const samples = await interleave(
      {
        ours: () => store.put(key, readAhead(source), options),
        cp: () => run('cp', [source, join(folder.path, 'copy')]),
        cacache: () =>
          pipeline(
            createReadStream(source, { highWaterMark: MIB }),
            cacache.put.stream(join(folder.path, 'cache'), 'large'),
          ),
      },
      {
        rounds: quick ? 7 : 30,
        warmups: 1,
        signal,
        // What was written must not be there when it is written again, or it is another measure.
        clear: async () => {
          await store.delete(key);
          await rm(join(folder.path, 'copy'), { force: true });
          await rm(join(folder.path, 'cache'), { recursive: true, force: true });
        },
      },
    );
    const figures = {
      ours: median(samples.ours),
      floor: median(samples.cp),
      peers: { cacache: median(samples.cacache) },
      unit: 'ms',
      ...(isMemory
        ? {}
        : { note: 'on a disk, and with its syncs: there is no file system in memory with room for it' }),
    };
    return [row('artifact-100mb', figures), row('artifact-100mb:cacache', figures)];
  },
};

/** The file in pieces of 1 MiB, of which the next is being read while one is looked at. Each lies in memory that is used again. */
async function* readAhead(path: string): AsyncGenerator<Buffer, void, undefined> {
  await using file = await open(path);
  let [piece, spare] = [Buffer.allocUnsafeSlow(MIB), Buffer.allocUnsafeSlow(MIB)];
  let reading = readInto(file, piece, 0);
  for (let position = 0; ;) {
    const bytes = await reading;
    if (bytes === 0) return;
    position += bytes;
    reading = readInto(file, spare, position);
    yield piece.subarray(0, bytes);
    [piece, spare] = [spare, piece];
  }
}

async function readInto(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  return (await file.read(buffer, 0, buffer.byteLength, position)).bytesRead;
}

/** In memory a sync costs nothing, so that what is before it is measured and the store need not be another one. */
async function hasRoom(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize > NEEDED_BYTES;
  } catch {
    // Another platform has none.
    return false;
  }
}
