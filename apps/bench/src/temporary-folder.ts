import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone, with all in it, when it is disposed of. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes one, with the others of this machine where nothing else is said. */
export async function openTemporaryFolder(beside: string = tmpdir()): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(beside, 'kb-labs-bench-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
