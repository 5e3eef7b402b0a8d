import { describe, expect, it } from 'vitest';
import { createSnapshotRecorder, diffSnapshots, listSnapshots, loadSnapshot } from '../src/index.js';
import type { LoadedSnapshot } from '../src/index.js';
import { recordRun } from './record-run.js';
import type { RunScript } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

async function take(script: RunScript): Promise<LoadedSnapshot> {
  const directory = await temporaryFolder();
  await using recorder = createSnapshotRecorder({ directory, include: 'all' });
  await recordRun(script, recorder);
  await recorder.settled();
  return await loadSnapshot((await listSnapshots(directory)).snapshots[0]?.file ?? '');
}

const code = `export const handle = async (input, ctx) => {
  const texts = await Promise.all(input.paths.map((path) => ctx.fs.readFile(path)));
  ctx.log.info('read ' + texts.length);
  return texts;
};`;
const host = { 'fs.readFile': (path: string) => `content of ${path}` };

describe('two snapshots', () => {
  it('of the same run with the same ends do not differ, but for noise', async () => {
    const [left, right] = [
      await take({ code, input: { paths: ['a'] }, host }),
      await take({ code, input: { paths: ['a'] }, host }),
    ];
    expect(diffSnapshots(left, right)).toEqual([]);
    const later = { ...right, metrics: { ...right.metrics, totalMs: 2 } };
    expect(diffSnapshots(left, later)).toEqual([]);
    expect(diffSnapshots(left, later, { noise: true })).toContainEqual({
      pointer: '/metrics/totalMs',
      left: 1,
      right: 2,
    });
  });

  it('differ where input, calls, logs and outcome do', async () => {
    const left = await take({ code, input: { paths: ['a'] }, host });
    const right = await take({ code, input: { paths: ['b', 'c'] }, host });
    expect(diffSnapshots(left, right).map(({ pointer }) => pointer)).toEqual([
      '/request/input/paths/0',
      '/request/input/paths/1',
      '/result/data/0',
      '/result/data/1',
      '/calls/0/args/0',
      '/calls/0/outcome/value',
      '/calls/1',
      '/logs/0/text',
    ]);
    expect(diffSnapshots(left, right)[0]).toEqual({ pointer: '/request/input/paths/0', left: 'a', right: 'b' });
  });

  it('differ where one failed and the other did not, and in what it was', async () => {
    const left = await take({ code, input: { paths: [] }, host });
    const right = await take({ code: 'export const handle = () => { throw new Error("x"); };', host });
    expect(diffSnapshots(left, right).map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/result/ok', '/result/code', '/result/data']),
    );
  });

  it('differ in a bounded number of places', async () => {
    const paths = Array.from({ length: 2000 }, (_, index) => `${index}`);
    const [left, right] = [
      await take({ code, input: { paths: [] }, host }),
      await take({ code, input: { paths }, host }),
    ];
    expect(diffSnapshots(left, right)).toHaveLength(1000);
  });

  it('are compared by no option that there is none of', async () => {
    const one = await take({ code, input: { paths: [] } });
    expect(() => Reflect.apply(diffSnapshots, undefined, [one, one, { noisy: true }])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: '/noisy' } }),
    );
  });
});
