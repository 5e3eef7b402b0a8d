import { describeArtifactStore } from '@kb-labs/conformance';
import type { ArtifactStoreBench } from '@kb-labs/conformance';
import type { ArtifactKey, Clock } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3ArtifactStore } from '../src/s3-store.js';
import { startGateway } from './gateway.js';
import { clientOf, dataKeyOf, key, leftoversIn, newBucket, put, startFauxS3, startS3rver } from './s3-servers.js';
import type { S3Server } from './s3-servers.js';

async function benchOn(
  endpoint: string,
  { clock, writers }: { clock: Clock; writers: 'many' | 'one' },
): Promise<ArtifactStoreBench> {
  const client = clientOf(endpoint);
  const bucket = await newBucket(client);
  const open = () => createS3ArtifactStore({ client, bucket, prefix: 'kit/', clock, writers });
  const store = open();
  return {
    store,
    // Where one store is the only writer, there is no other.
    ...(writers === 'many' ? { open } : {}),
    leftovers: () => leftoversIn(client, bucket),
    damage: async (damaged: ArtifactKey) => {
      const Key = dataKeyOf(bucket, await store.stat(damaged));
      const { ContentLength = 0 } = await client.headObject({ Bucket: bucket, Key });
      await client.putObject({ Bucket: bucket, Key, Body: Buffer.alloc(ContentLength, '!') });
    },
    dispose: async () => client.destroy(),
  };
}

/** Servers differ from each other whatever Node speaks with them: on others than the one that is developed on, one of each kind is tried. */
const developed = process.versions.node.startsWith('26.');
const keeping = (['writes', 'writes and deletions'] as const).filter((keeps) => developed || keeps !== 'writes');
const bare = (
  [
    ['fauxqs', startFauxS3],
    ['s3rver', startS3rver],
  ] as const
).filter(([name]) => developed || name === 'fauxqs');

describe.each(keeping)('a server that keeps conditions of %s', (keeps) => {
  let fauxS3: S3Server;
  let gateway: S3Server;
  beforeAll(async () => {
    fauxS3 = await startFauxS3();
    gateway = await startGateway({ upstream: fauxS3.endpoint, keeps });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await fauxS3[Symbol.asyncDispose]();
  });
  describeArtifactStore('s3 of many writers', (clock) => benchOn(gateway.endpoint, { clock, writers: 'many' }));
});

describe.each(bare)('%s, which keeps no conditions', (_, start) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  describeArtifactStore('s3 of one writer', (clock) => benchOn(server.endpoint, { clock, writers: 'one' }));

  it('is refused for many writers, and nothing is written there', async () => {
    const client = clientOf(server.endpoint);
    const bucket = await newBucket(client);
    const store = createS3ArtifactStore({ client, bucket });
    const refused = expect.objectContaining({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer: '/writers', condition: 'If-None-Match: *' },
      hint: expect.stringContaining('writers: "one"'),
    });
    await expect(store.put(key, Buffer.from('x'), put())).rejects.toThrow(refused);
    await expect(store.delete(key)).rejects.toThrow(refused);
    expect([await store.stat(key), await leftoversIn(client, bucket)]).toEqual([undefined, []]);
    client.destroy();
  });
});
