import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { S3 } from '@aws-sdk/client-s3';
import type { ArtifactStore } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3ArtifactStore } from '../src/s3-store.js';
import { startGateway } from './gateway.js';
import type { Gateway } from './gateway.js';
import { bytesOf, clientOf, collect, key, keysIn, leftoversIn, newBucket, put, startFauxS3 } from './s3-servers.js';
import type { S3Server } from './s3-servers.js';

const DAY_MS = 86_400_000;
const NEW_BYTES = 10 * 1024 * 1024 + 3;
const AFTER_PROBE = 14;
const script = fileURLToPath(new URL('./crashing-writer.mjs', import.meta.url));

let fauxS3: S3Server;
let gateway: Gateway;
let client: S3;
beforeAll(async () => {
  fauxS3 = await startFauxS3();
  gateway = await startGateway({ upstream: fauxS3.endpoint, keeps: 'writes and deletions' });
  client = clientOf(gateway.endpoint);
});
afterAll(async () => {
  client.destroy();
  await gateway[Symbol.asyncDispose]();
  await fauxS3[Symbol.asyncDispose]();
});

/** The signal that ended a writer, `null` where it came to its end. */
async function signalOf(bucket: string, action: string, step: number): Promise<unknown> {
  const child = spawn(process.execPath, [script, gateway.endpoint, bucket, action, `${step}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  if (signal === null && code !== 0) throw new Error(`the writer failed with ${code}`);
  return signal;
}

/** What a reader sees: the content type and the size, or that there is nothing. */
async function seen(store: ArtifactStore): Promise<string> {
  const listed = (await collect(store.list(key.pluginId))).map((info) => info.etag);
  const info = await store.stat(key);
  const bytes = await bytesOf(store);
  expect([listed, bytes?.byteLength]).toEqual([info === undefined ? [] : [info.etag], info?.bytes]);
  return info === undefined ? 'nothing' : `${info.contentType} of ${info.bytes}`;
}

/** A store that begins two days from now, when all that lies there is old. */
function storeOfLater(bucket: string): ArtifactStore {
  const clock = { now: () => Date.now() + 2 * DAY_MS, monotonic: () => performance.now() };
  return createS3ArtifactStore({ client, bucket, clock });
}

describe('a writer that is killed', () => {
  // All of them begin by finding out what the server keeps, in the same thirteen requests: a replacement is killed there.
  it.each([
    ['replace', 1, 'text/old of 3', `text/new of ${NEW_BYTES}`],
    ['create', AFTER_PROBE, 'nothing', `text/new of ${NEW_BYTES}`],
    ['delete', AFTER_PROBE, 'text/old of 3', 'nothing'],
  ] as const)(
    'before any of its requests leaves the old or the new, whole, and what a later store sweeps: %s from request %d',
    { timeout: 240_000 },
    async (action, first, before, after) => {
      const outcomes: string[] = [];
      for (let step = first; ; step += 1) {
        const bucket = await newBucket(client);
        const store = createS3ArtifactStore({ client, bucket });
        if (before !== 'nothing') await store.put(key, Buffer.from('OLD'), put({ contentType: 'text/old' }));
        gateway.requests.length = 0;
        const signal = await signalOf(bucket, action, step);
        const own = gateway.requests.filter(({ target }) => !target.includes('/.probe/'));
        expect(own.length).toBeLessThanOrEqual(step - first);
        const outcome = await seen(store);
        outcomes.push(outcome);
        expect([before, after]).toContain(outcome);
        const later = storeOfLater(bucket);
        const other = { ...key, path: 'other' };
        await later.put(other, Buffer.from('x'), put());
        await later.delete(other);
        expect([await leftoversIn(client, bucket), [...gateway.uploads], await seen(store)]).toEqual([[], [], outcome]);
        if (signal === null) break;
        expect(signal).toBe('SIGKILL');
      }
      expect([outcomes[0], outcomes.at(-1)]).toEqual([before, after]);
      // Once the new one is there, it stays.
      expect(outcomes).toEqual([...outcomes].sort((a, b) => Number(a === after) - Number(b === after)));
      expect(first + outcomes.length).toBeGreaterThan(action === 'delete' ? 20 : 24);
    },
  );
});

describe('a sweep', () => {
  it('leaves alone what may still be written, and all that no mark speaks of', async () => {
    const bucket = await newBucket(client);
    const store = createS3ArtifactStore({ client, bucket });
    await store.put(key, Buffer.from('OLD'), put());
    expect(await signalOf(bucket, 'replace', 16)).toBe('SIGKILL');
    const left = await keysIn(client, bucket);
    await client.putObject({ Bucket: bucket, Key: 'data/somebody/elses', Body: 'x' });
    const soon = createS3ArtifactStore({ client, bucket });
    await soon.delete({ ...key, path: 'nothing' });
    expect(await keysIn(client, bucket)).toEqual([...left, 'data/somebody/elses'].sort());
    await storeOfLater(bucket).delete({ ...key, path: 'nothing' });
    expect(await leftoversIn(client, bucket)).toEqual(['data/somebody/elses']);
  });

  it('keeps data whose head it cannot read', async () => {
    const bucket = await newBucket(client);
    const store = createS3ArtifactStore({ client, bucket });
    await store.put(key, Buffer.from('OLD'), put());
    await signalOf(bucket, 'replace', 16);
    const head = (await keysIn(client, bucket)).find((name) => name.startsWith('heads/')) ?? '';
    await client.putObject({ Bucket: bucket, Key: head, Body: '{"format":2}' });
    const before = await keysIn(client, bucket);
    await storeOfLater(bucket).delete({ ...key, path: 'nothing' });
    expect(await keysIn(client, bucket)).toEqual(before);
  });

  it('goes on where the server cannot list uploads', async () => {
    await using bare = await startFauxS3();
    const direct = clientOf(bare.endpoint);
    const bucket = await newBucket(direct);
    await direct.putObject({ Bucket: bucket, Key: `open/review/${'0'.repeat(64)}/mark`, Body: '{}' });
    await direct.putObject({ Bucket: bucket, Key: 'open/.probe/1', Body: '{}' });
    const clock = { now: () => Date.now() + 2 * DAY_MS, monotonic: () => 0 };
    await createS3ArtifactStore({ client: direct, bucket, clock, writers: 'one' }).delete(key);
    expect(await keysIn(direct, bucket)).toEqual([]);
    direct.destroy();
  });
});
