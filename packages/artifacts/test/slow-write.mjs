// Puts a body that comes slowly, and tells which folders of the store were synced before it ended.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { relative } from 'node:path';
import { createFileArtifactStore } from '@kb-labs/artifacts';

const [directory] = process.argv.slice(2);
const synced = new Set();
const { fsync } = fs;
fs.fsync = (descriptor, callback) => {
  const folder = relative(directory, fs.readlinkSync(`/proc/self/fd/${descriptor}`));
  fsync(descriptor, (error) => {
    synced.add(folder);
    callback(error);
  });
};
syncBuiltinESMExports();

async function* slow() {
  yield Buffer.from('begun');
  // Long after the folders are there, and for ever where they are not synced before it ends.
  const until = performance.now() + 5_000;
  while (synced.size < 2 && performance.now() < until) await new Promise(setImmediate);
  console.log(JSON.stringify([...synced].toSorted()));
}
const options = { contentType: 'text/plain', maxBytes: 100, signal: new AbortController().signal };
await createFileArtifactStore({ directory }).put({ pluginId: 'acme', path: 'a' }, slow(), options);
