import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import cacache from 'cacache';
import writeFileAtomic from 'write-file-atomic';
import { createFileArtifactStore } from '@kb-labs/plugin-runtime';
import type { ArtifactStore } from '@kb-labs/contracts';
import type { Bench, BenchOptions, BenchRow } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const BYTES = randomBytes(1_000);
const AT_ONCE = 16;
const FOLDERS = 10;

export const artifactSmall: Bench = {
  name: 'artifact-small',
  title:
    '1 kB with its metadata, synced before and after it has its name, beside one synced file and beside unsynced ones',
  async run(options) {
    return [await oneRow(options), await manyRow(options)];
  },
};

/** Each write is of a new name in a folder that is there. write-file-atomic syncs its file and nothing else, and keeps no metadata. */
async function oneRow({ quick, signal }: BenchOptions): Promise<BenchRow> {
  await using folder = await openTemporaryFolder();
  const store = createFileArtifactStore({ directory: join(folder.path, 'store') });
  let [ours, theirs, replaced] = [0, 0, 0];
  const samples = await interleave(
    {
      ours: () => put(store, `reports/n${(ours += 1)}.json`, signal),
      replaced: () => put(store, `reports/r${(replaced += 1) % 8}.json`, signal),
      theirs: () => writeFileAtomic(join(folder.path, `t${(theirs += 1)}.json`), BYTES),
    },
    { rounds: quick ? 150 : 800, warmups: 10, signal },
  );
  return row('artifact-small', {
    ours: median(samples.ours),
    floor: null,
    peers: {
      'write-file-atomic': median(samples.theirs),
      'ours, over a version that is there': median(samples.replaced),
    },
    unit: 'ms',
  });
}

/** So many at 16 in flight; a figure is the time of one of them. cacache syncs nothing. */
async function manyRow({ quick, signal }: BenchOptions): Promise<BenchRow> {
  const count = quick ? 500 : 10_000;
  await using folder = await openTemporaryFolder();
  const store = createFileArtifactStore({ directory: join(folder.path, 'store') });
  let round = 0;
  const samples = await interleave(
    {
      ours: () => inFlight(count, (at) => put(store, `${round}/f${at % FOLDERS}/n${at}.json`, signal)),
      cacache: () => inFlight(count, (at) => cacache.put(join(folder.path, `cache${round}`), `n${at}`, BYTES)),
      theirs: () => inFlight(count, (at) => writeFileAtomic(join(folder.path, `t${round}-${at}.json`), BYTES)),
      next: () => (round += 1),
    },
    { rounds: quick ? 3 : 1, warmups: quick ? 1 : 0, signal },
  );
  return row('artifact-small:many', {
    ours: median(samples.ours) / count,
    floor: null,
    peers: { cacache: median(samples.cacache) / count, 'write-file-atomic': median(samples.theirs) / count },
    unit: 'ms',
    note: `${count} at ${AT_ONCE} in flight; cacache syncs nothing, and write-file-atomic its file alone`,
  });
}

function put(store: ArtifactStore, path: string, signal: AbortSignal): Promise<unknown> {
  return store.put({ pluginId: 'bench', path }, BYTES, {
    contentType: 'application/json',
    maxBytes: 1_000_000,
    signal,
  });
}

async function inFlight(count: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) await work((begun += 1));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
