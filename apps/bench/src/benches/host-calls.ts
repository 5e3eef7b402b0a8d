import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { openRawChannel } from '../peers/raw-channel.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const FILES = 50;
/** In one run: its code is compiled soon, and the next spare has booted. */
const TIMES = 60;

export const hostCalls: Bench = {
  name: 'host-calls',
  title: 'fifty granted reads of small files, in turn and all at once, beside a raw channel without a policy',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    const root = folder.path;
    const files = Array.from({ length: FILES }, (_, index) => `file-${index}.txt`);
    for (const file of files) await writeFile(join(root, file), `what stands in ${file}`.repeat(10));
    const permissions = { fs: { mode: 'read', allow: ['*.txt'] } } as const;
    await using ours = openOurs({ grant: { capabilities: ['fs.read'], permissions, root, isolation: 'plugin' } });
    await using raw = await openRawChannel();
    const paths = files.map((file) => join(root, file));
    // Who asks takes the time: a run is more than its reads.
    const took = {
      inTurn: [] as number[],
      atOnce: [] as number[],
      rawInTurn: [] as number[],
      rawAtOnce: [] as number[],
    };
    const time = async (name: keyof typeof took, reads: Promise<unknown>): Promise<void> => {
      took[name].push(...((await reads) as readonly number[]));
    };
    const given = { files, times: TIMES };
    const givenRaw = { files: paths, times: TIMES };
    await interleave(
      {
        inTurn: () => time('inTurn', ours.call('timeReads', { ...given, atOnce: false })),
        rawInTurn: () => time('rawInTurn', raw.timeReads({ ...givenRaw, atOnce: false })),
        atOnce: () => time('atOnce', ours.call('timeReads', { ...given, atOnce: true })),
        rawAtOnce: () => time('rawAtOnce', raw.timeReads({ ...givenRaw, atOnce: true })),
      },
      { rounds: quick ? 6 : 40, warmups: 1, signal },
    );
    const [inTurn, atOnce] = [median(took.inTurn), median(took.atOnce)];
    const figures = { peers: {}, unit: `ms for ${FILES}` };
    return [
      row('host-calls', { ...figures, ours: inTurn, floor: median(took.rawInTurn) }),
      row('host-calls:at-once', { ...figures, ours: atOnce, floor: median(took.rawAtOnce) }),
      row('host-calls:batching', { ...figures, ours: atOnce, floor: inTurn }),
    ];
  },
};
