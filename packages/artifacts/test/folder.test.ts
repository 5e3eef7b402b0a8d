import { mkdir, readdir, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createFileArtifactStore } from '../src/file-store.js';
import { key, putOptions } from './store-duties.js';
import { temporaryFolder } from './temporary-folder.js';

describe.runIf(process.platform === 'linux')('folders', () => {
  it('never lead out while one of them is exchanged for a link and back (L10)', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'store');
    const inside = join(directory, '@acme/review');
    const outside = join(folder, 'outside');
    await mkdir(join(outside, 'reports'), { recursive: true });
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('first'), putOptions());
    const codes = new Set<unknown>();
    const exchange = async () => {
      for (let n = 0; n < 1000; n += 1) {
        // A put that finds the folder away makes a new one, which is moved out of the way.
        await rename(inside, join(folder, `away-${n}`));
        await symlink(outside, inside).catch(() => undefined);
        await unlink(inside).catch(() => undefined);
        await rename(join(folder, `away-${n}`), inside).catch(() => undefined);
      }
    };
    const progress = { exchanging: true };
    const exchanged = exchange().finally(() => {
      progress.exchanging = false;
    });
    while (progress.exchanging) {
      await store.put(key, Buffer.from('x'), putOptions()).then(
        () => codes.add('written'),
        (error: unknown) => codes.add(isPluginError(error) ? error.code : error),
      );
    }
    await exchanged;
    expect(await readdir(outside, { recursive: true })).toEqual(['reports']);
    expect(codes).toContain('written');
    const refusals = ['written', 'ERR_PERMISSION_DENIED', 'ERR_ARTIFACT_CONFLICT', 'ERR_IO_FAILED'];
    expect(refusals).toEqual(expect.arrayContaining([...codes]));
  });
});
