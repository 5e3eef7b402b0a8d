// Changes an artifact once and kills its own process just before the given request to the server (the first is 1).
import { S3 } from '@aws-sdk/client-s3';
import { createS3ArtifactStore } from '@kb-labs/artifacts-s3';

const [endpoint, bucket, action, step] = process.argv.slice(2);
const client = new S3({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
});
let left = Number(step);
client.middlewareStack.add(
  (next) => (args) => {
    left -= 1;
    if (left <= 0) {
      process.kill(process.pid, 'SIGKILL');
      // The signal may take a moment, and nothing more may happen in it.
      for (;;);
    }
    return next(args);
  },
  { step: 'finalizeRequest' },
);

const partBytes = 5 * 1024 * 1024;
const store = createS3ArtifactStore({ client, bucket, partBytes });
const key = { pluginId: '@acme/review', path: 'reports/2026.md' };
if (action === 'delete') await store.delete(key);
else {
  const pieces = async function* () {
    for (let part = 0; part < 2; part += 1) yield Buffer.alloc(partBytes, 'NEW');
    yield Buffer.from('END');
  };
  const { signal } = new AbortController();
  const condition = action === 'create' ? { ifNoneMatch: '*' } : {};
  await store.put(key, pieces(), { contentType: 'text/new', maxBytes: 1e9, signal, ...condition });
}
