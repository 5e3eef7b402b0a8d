import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeSnapshotValue, listSnapshots, loadBodies, loadSnapshot } from '../src/index.js';
import { SnapshotFolder } from '../src/snapshot-folder.js';
import { temporaryFolder } from './temporary-folder.js';

const writer = fileURLToPath(new URL('crashing-recorder.mjs', import.meta.url));
const HOUR = 3_600_000;

// Windows has no SIGKILL; there, a process that is ended goes the same way.
describe('a recorder that is killed before each change to the file system in turn', () => {
  it('leaves a whole snapshot or none, and nothing that stays for ever', { timeout: 120_000 }, async () => {
    const seen = new Set<number>();
    let step = 1;
    for (let killed = true; killed; step += 1) {
      const directory = join(await temporaryFolder(), 'snapshots');
      killed = await runWriter(directory, step);
      const { snapshots, unreadable } = await listSnapshots(directory);
      expect([snapshots.length <= 1, unreadable]).toEqual([true, []]);
      for (const { file } of snapshots) {
        const snapshot = await loadSnapshot(file);
        const input = decodeSnapshotValue(snapshot.request.input, await loadBodies(snapshot));
        expect([input, snapshot.result.ok]).toEqual(['x'.repeat(10_000), true]);
      }
      seen.add(snapshots.length);
      const names = await readdir(directory).catch(() => undefined);
      if (names === undefined) continue;
      await new SnapshotFolder(directory, { maxSnapshots: 10, maxAgeMs: 10 * HOUR }).sweep(Date.now() + 2 * HOUR);
      expect(await readdir(directory)).toEqual(snapshots.flatMap(({ id }) => [`${id}.bodies`, `${id}.json`]));
    }
    // Kills came on both sides of the one step that publishes.
    expect([seen, step > 12]).toEqual([new Set([0, 1]), true]);
  });
});

async function runWriter(directory: string, step: number): Promise<boolean> {
  const child = spawn(process.execPath, [writer, directory, String(step)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [exitCode, signal]: unknown[] = await once(child, 'exit');
  if (signal === 'SIGKILL') return true;
  expect([exitCode, signal]).toEqual([0, null]);
  return false;
}
