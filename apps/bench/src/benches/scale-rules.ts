import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import { interleave } from '../interleave.js';
import { openOurs } from '../ours.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const RULES = [1, 10, 100, 1000];

export const scaleRules: Bench = {
  name: 'scale-rules',
  title: 'a run that reads one file, by how many rules its grant has',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    await writeFile(join(folder.path, 'notes.txt'), 'three words here');
    await using runs = new AsyncDisposableStack();
    const subjects = RULES.map((count) => {
      const permissions = { fs: { mode: 'read', allow: rules(count) } } as const;
      const grant = { capabilities: ['fs.read'], permissions, root: folder.path };
      const ours = runs.use(openOurs({ sandbox: 'in-process', grant }));
      return [String(count), () => ours.call('timeReads', { files: ['notes.txt'], atOnce: false, times: 1 })] as const;
    });
    const samples = await interleave(Object.fromEntries(subjects), { rounds: quick ? 200 : 2000, warmups: 50, signal });
    return curveRows(
      'rules',
      'ms',
      RULES.map((at) => ({ at, cost: median(samples[String(at)] ?? []) })),
    );
  },
};

/** Folders, files, and as many globs as a grant may have; the last one allows the file. */
function rules(count: number): readonly string[] {
  const kinds = ['folder', 'src/deep/folder/file.ts', 'docs/page.md', '*.json'];
  const others = Array.from({ length: count - 1 }, (_, index) => `tree-${index}/${kinds[index % kinds.length]}`);
  return [...others, 'notes.txt'];
}
