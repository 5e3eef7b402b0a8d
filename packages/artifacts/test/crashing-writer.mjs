// Calls a store once and kills its own process just before the given change to the file system (the first is 1).
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createFileArtifactStore } from '@kb-labs/artifacts';

const [directory, action, step] = process.argv.slice(2);
const key = { pluginId: '@acme/review', path: 'reports/2026.md' };
const store = createFileArtifactStore({ directory });
// The first call sweeps, which is none of the steps.
const { etag } = (await store.stat(key)) ?? {};
let left = Number(step);

function countDown() {
  left -= 1;
  if (left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment, and nothing more may happen in it.
  for (;;);
}

for (const name of ['mkdir', 'rename', 'link', 'rm', 'unlink', 'rmdir']) {
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
  const write = file.write.bind(file);
  // At first half of what it gets, as a system may: the rest is one more change.
  file.write = (bytes, start) => {
    countDown();
    return write(bytes, start, start === 0 ? Math.ceil(bytes.length / 2) : bytes.length - start);
  };
  const sync = file.sync.bind(file);
  file.sync = () => {
    countDown();
    return sync();
  };
  return file;
};
syncBuiltinESMExports();

const CONDITIONS = { replace: {}, create: { ifNoneMatch: '*' }, exchange: { ifMatch: etag } };
if (action === 'delete') await store.delete(key);
else if (action === 'delete-version') await store.delete(key, { ifMatch: etag });
else {
  const options = { ...CONDITIONS[action], contentType: 'text/new', version: '2.0.0', maxBytes: 1e6 };
  await store.put(key, Buffer.from('NEW'.repeat(100_000)), { ...options, signal: new AbortController().signal });
}
