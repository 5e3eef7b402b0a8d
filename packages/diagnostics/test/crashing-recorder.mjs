// Takes one snapshot and kills its own process just before the given change to the file system (the first is 1).
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createSnapshotRecorder } from '@kb-labs/diagnostics';

const [directory, step] = process.argv.slice(2);
let left = Number(step);

function countDown() {
  left -= 1;
  if (left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment, and nothing more may happen in it.
  for (;;);
}

for (const name of ['mkdir', 'rename', 'rm', 'chmod']) {
  const original = fs[name];
  fs[name] = (...parameters) => {
    countDown();
    return original(...parameters);
  };
}
const open = fs.open;
fs.open = async (path, flags, mode) => {
  if (mode === undefined) return open(path, flags);
  countDown();
  const file = await open(path, flags, mode);
  const writeFile = file.writeFile.bind(file);
  file.writeFile = async (data) => {
    countDown();
    const bytes = Buffer.from(data);
    await writeFile(bytes.subarray(0, bytes.length / 2));
    countDown();
    await writeFile(bytes.subarray(bytes.length / 2));
  };
  const sync = file.sync.bind(file);
  file.sync = () => {
    countDown();
    return sync();
  };
  return file;
};
syncBuiltinESMExports();

const recorder = createSnapshotRecorder({ directory, include: 'all' });
const stamp = { executionId: 'e', traceId: 't', spanId: 's', parentSpanId: undefined, pluginId: 'p', seq: 0, time: 1 };
recorder.observe({ ...stamp, type: 'execution-start', handler: './a.js#b', input: 'x'.repeat(10_000) });
const result = { ok: true, data: 'y'.repeat(10_000), metrics: {}, logs: [], artifacts: [] };
recorder.observe({ ...stamp, type: 'execution-end', result });
const { written, lastError } = await recorder.settled();
if (written !== 1) throw new Error(lastError);
