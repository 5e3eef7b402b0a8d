import { createSnapshotRecorder, listSnapshots, loadSnapshot } from '../src/index.js';
import type { LoadedSnapshot, SnapshotRecorderOptions } from '../src/index.js';
import { recordRun } from './record-run.js';
import type { RunScript } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

/** A run as it was recorded, and where its code lies. */
export interface Taken {
  readonly snapshot: LoadedSnapshot;
  readonly pluginRoot: string;
}

/** Runs a handler and takes a snapshot of it. */
export async function take(script: RunScript, options: Partial<SnapshotRecorderOptions> = {}): Promise<Taken> {
  const directory = await temporaryFolder();
  await using recorder = createSnapshotRecorder({ directory, include: 'all', ...options });
  const { pluginRoot } = await recordRun(script, recorder);
  await recorder.settled();
  return { snapshot: await loadSnapshot((await listSnapshots(directory)).snapshots[0]?.file ?? ''), pluginRoot };
}
