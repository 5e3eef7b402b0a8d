import { readFileSync, realpathSync } from 'node:fs';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHostApi } from '@kb-labs/host-api';
import type { HostApi } from '@kb-labs/host-api';
import { compilePolicy, createQuotaMeter } from '@kb-labs/permissions';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

/** Reads that make one sample: one alone is too short for the clock. */
const READS = 40;
const FILE = 'a/b/c/file.txt';

export const guardedRead: Bench = {
  name: 'guarded-read',
  title: 'the host function that reads 1 kB four folders deep and follows no link, beside realpath and readFile',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    const path = join(folder.path, FILE);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'x'.repeat(1024));
    await using api = openApi(folder.path);
    const context = { signal: new AbortController().signal };
    const samples = await interleave(
      {
        ours: () => many(() => api.call('fs.readFile', [FILE], context)),
        realpath: () => many(async () => readFile(await realpath(path))),
        realpathSync: () => many(async () => readFileSync(realpathSync(path))),
        readFileSync: () => many(async () => readFileSync(path)),
      },
      { rounds: quick ? 100 : 600, warmups: 30, signal },
    );
    const figure = (name: keyof typeof samples): number => (median(samples[name]) / READS) * 1000;
    const peers = {
      'realpathSync and readFileSync': figure('realpathSync'),
      'fs.readFileSync': figure('readFileSync'),
    };
    return [row('guarded-read', { ours: figure('ours'), floor: figure('realpath'), peers, unit: 'µs' })];
  },
};

/** Everything that a run has, save the limit on its calls. */
function openApi(root: string): HostApi {
  const policy = compilePolicy({ fs: { mode: 'read', allow: ['a/**'], deny: ['**/*.key'] } }, { root });
  const unlimited = { maxHostCalls: Number.MAX_SAFE_INTEGER, maxBytesRead: Number.MAX_SAFE_INTEGER };
  const meter = createQuotaMeter({ ...policy.quotas, ...unlimited });
  return createHostApi({ policy, meter, functions: ['fs.readFile'], audit: () => undefined });
}

async function many(read: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < READS; count += 1) await read();
}
