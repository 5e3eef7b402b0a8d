import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createSnapshotRecorder, listSnapshots, searchSnapshots } from '../src/index.js';
import type { SnapshotSearch } from '../src/index.js';
import { recordRun } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

const denied = (): never => {
  throw createError('ERR_PERMISSION_DENIED', 'no');
};

async function keepThree(): Promise<string> {
  const directory = await temporaryFolder();
  await using recorder = createSnapshotRecorder({ directory, include: 'all' });
  await recordRun({ code: 'export const handle = () => "grüße";', plugin: { id: 'one', version: '1.0.0' } }, recorder);
  await recordRun(
    { code: 'export const handle = () => { throw new Error("broken \\"pipe\\" \u202e"); };', executionId: 'second' },
    recorder,
  );
  await recordRun(
    {
      code: 'export const handle = async (_, ctx) => ctx.fs.readFile("x").catch(() => 3);',
      host: { 'fs.readFile': denied },
    },
    recorder,
  );
  await recorder.settled();
  return directory;
}

describe('listing snapshots', () => {
  it('is newest first, up to a number, within a time', async () => {
    const directory = await keepThree();
    const { snapshots, unreadable } = await listSnapshots(directory);
    expect(unreadable).toEqual([]);
    expect(snapshots.map(({ pluginId, code, calls }) => [pluginId, code, calls])).toEqual([
      ['@acme/review', undefined, 1],
      ['@acme/review', 'ERR_HANDLER_FAILED', 0],
      ['one', undefined, 0],
    ]);
    expect((await listSnapshots(directory, { limit: 1 })).snapshots).toEqual(snapshots.slice(0, 1));
    expect((await listSnapshots(directory, { since: Date.now() + 1000 })).snapshots).toEqual([]);
    expect((await listSnapshots(directory, { until: 1 })).snapshots).toEqual([]);
  });

  it('passes over what cannot be read, and says so', async () => {
    const directory = await keepThree();
    const file = join(directory, `${uuidv7()}.json`);
    await writeFile(file, '{"format":');
    await writeFile(join(directory, 'other.json'), '');
    const { snapshots, unreadable } = await listSnapshots(directory);
    expect([snapshots.length, unreadable]).toEqual([3, [{ file, problem: expect.stringContaining('it is no JSON') }]]);
  });

  it('of no folder finds nothing, of no path is refused', async () => {
    expect(await listSnapshots(join(await temporaryFolder(), 'none'))).toEqual({ snapshots: [], unreadable: [] });
    await expect(listSnapshots('relative')).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(Reflect.apply(listSnapshots, undefined, ['/x', { limit: 0 }])).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer: '/limit' },
    });
  });
});

describe('searching snapshots', () => {
  it('finds those that fit every condition', async () => {
    const directory = await keepThree();
    const found = async (search: SnapshotSearch): Promise<number> =>
      (await searchSnapshots(directory, search)).snapshots.length;
    expect(
      await Promise.all([found({}), found({ pluginId: 'one' }), found({ ok: true }), found({ ok: false })]),
    ).toEqual([3, 1, 2, 1]);
    expect(
      await Promise.all([found({ code: 'ERR_PERMISSION_DENIED' }), found({ code: 'ERR_HANDLER_FAILED' })]),
    ).toEqual([1, 1]);
    expect(await Promise.all([found({ call: 'fs.readFile' }), found({ executionId: 'second' })])).toEqual([1, 1]);
    expect(
      await Promise.all(['GRÜSSE', 'Grüße', 'broken "pipe', 'PIPE" \u202e'].map((text) => found({ text }))),
    ).toEqual([0, 1, 1, 1]);
    expect(await Promise.all([found({ pluginId: 'one', ok: false }), found({ traceId: 'x' })])).toEqual([0, 0]);
  });
});
