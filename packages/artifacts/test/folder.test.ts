import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createFileArtifactStore } from '../src/file-store.js';
import { key, putOptions } from './artifact-fixture.js';
import { temporaryFolder } from './temporary-folder.js';

const exchanger = fileURLToPath(new URL('exchanging-folder.mjs', import.meta.url));

describe.runIf(process.platform === 'linux')('folders', () => {
  it('never lead out while one of them is exchanged for a link and back', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'store');
    const outside = join(folder, 'outside');
    await mkdir(join(outside, 'reports'), { recursive: true });
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('first'), putOptions());
    const parameters = [exchanger, join(directory, '@acme/review'), outside, join(folder, 'away'), '30000'];
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    const codes = new Set<unknown>();
    while (child.exitCode === null && child.signalCode === null) {
      await store.put(key, Buffer.from('x'), putOptions()).then(
        () => codes.add('written'),
        (error: unknown) => codes.add(isPluginError(error) ? error.code : error),
      );
    }
    expect(await exited).toEqual([0, null]);
    expect(await readdir(outside, { recursive: true })).toEqual(['reports']);
    const outcomes = ['written', 'ERR_PERMISSION_DENIED', 'ERR_ARTIFACT_CONFLICT', 'ERR_IO_FAILED'];
    expect(outcomes).toEqual(expect.arrayContaining([...codes]));
    expect(codes).toContain('written');
  });
});
