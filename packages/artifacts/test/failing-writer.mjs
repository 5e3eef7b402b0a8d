// Writes two artifacts into a store, as a user without rights where it was started by root, and tells how each write went.
import { createFileArtifactStore } from '@kb-labs/artifacts';

const [directory, user] = process.argv.slice(2);
if (user !== undefined) {
  process.setgid(Number(user));
  process.setuid(Number(user));
}
const store = createFileArtifactStore({ directory });
for (const size of [10, 1_000_000]) {
  const options = {
    contentType: 'text/plain',
    maxBytes: 1e9,
    signal: new AbortController().signal,
  };
  await store.put({ pluginId: 'acme', path: 'a.bin' }, Buffer.alloc(size), options).then(
    (info) => console.log(info.bytes),
    (error) => console.log(error.code, error.details.errno, error.hint),
  );
}
