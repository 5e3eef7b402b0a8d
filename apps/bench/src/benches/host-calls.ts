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

export const hostCalls: Bench = {
  name: 'host-calls',
  title: 'fifty granted reads of small files, in turn and all at once, beside a raw channel without a policy',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    const root = folder.path;
    const files = Array.from({ length: FILES }, (_, index) => `file-${index}.txt`);
    for (const file of files) await writeFile(join(root, file), `what stands in ${file}`.repeat(10));
    const permissions = { fs: { mode: 'read', allow: ['*.txt'] } } as const;
    await using ours = openOurs({ grant: { capabilities: ['fs.read'], permissions, root } });
    await using raw = await openRawChannel();
    const paths = files.map((file) => join(root, file));
    // The run itself is part of neither: what it costs without a read is taken off.
    const samples = await interleave(
      {
        inTurn: () => ours.call('readFiles', { files, atOnce: false }),
        atOnce: () => ours.call('readFiles', { files, atOnce: true }),
        nothing: () => ours.call('readFiles', { files: [], atOnce: true }),
        rawInTurn: () => raw.readFiles(paths, false),
        rawAtOnce: () => raw.readFiles(paths, true),
        rawNothing: () => raw.readFiles([], true),
      },
      { rounds: quick ? 40 : 300, signal },
    );
    const [nothing, rawNothing] = [median(samples.nothing), median(samples.rawNothing)];
    const [inTurn, atOnce] = [median(samples.inTurn) - nothing, median(samples.atOnce) - nothing];
    const figures = { peers: {}, unit: `ms for ${FILES}` };
    return [
      row('host-calls', { ...figures, ours: inTurn, floor: median(samples.rawInTurn) - rawNothing }),
      row('host-calls:at-once', { ...figures, ours: atOnce, floor: median(samples.rawAtOnce) - rawNothing }),
      row('host-calls:batching', { ...figures, ours: atOnce, floor: inTurn }),
    ];
  },
};
