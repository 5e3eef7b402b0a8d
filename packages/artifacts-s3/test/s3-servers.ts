import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { S3 } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { artifactUri } from '@kb-labs/artifacts';
import type { ArtifactInfo, ArtifactKey, ArtifactPutOptions, ArtifactStore } from '@kb-labs/contracts';

/** A server of S3 on loopback. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
}

/** fauxqs, in this process and in memory. */
export async function startFauxS3(): Promise<S3Server> {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  return { endpoint: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop() };
}

/** s3rver, in a process of its own and on disk. */
export async function startS3rver(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'kb-labs-s3rver-'));
  const script = fileURLToPath(new URL('./s3rver.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--no-deprecation', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`s3rver ended with ${code}`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A client that is done with a request after one try, unless told otherwise. */
export function clientOf(endpoint: string, maxAttempts = 1): S3 {
  return new S3({
    endpoint,
    maxAttempts,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  });
}

let buckets = 0;

/** A bucket that nobody else uses. */
export async function newBucket(client: S3): Promise<string> {
  const bucket = `bucket-${process.pid}-${(buckets += 1)}`;
  await client.createBucket({ Bucket: bucket });
  return bucket;
}

/** Everything in a bucket. */
export async function keysIn(client: S3, bucket: string): Promise<readonly string[]> {
  const { Contents = [] } = await client.listObjectsV2({ Bucket: bucket });
  return Contents.map(({ Key }) => Key ?? '');
}

/** What lies in a bucket and belongs to no artifact. */
export async function leftoversIn(client: S3, bucket: string): Promise<readonly string[]> {
  const keys = await keysIn(client, bucket);
  const heads = keys.filter((key) => key.includes('heads/'));
  const meant = await Promise.all(
    heads.map(async (key) => {
      const { id }: { id: string } = JSON.parse(await textAt(client, bucket, key));
      return `${key.replace('heads/', 'data/')}/${id}`;
    }),
  );
  return keys.filter((key) => !heads.includes(key) && !meant.includes(key));
}

/** The text of one object. */
export async function textAt(client: S3, bucket: string, key: string): Promise<string> {
  const { Body } = await client.getObject({ Bucket: bucket, Key: key });
  return (await Body?.transformToString()) ?? '';
}

/** Where the bytes of an artifact lie in its bucket. */
export function dataKeyOf(bucket: string, info: ArtifactInfo | undefined): string {
  return info?.location.slice(`s3://${bucket}/`.length) ?? '';
}

export const key: ArtifactKey = { pluginId: '@acme/review', path: 'reports/2026.md' };
export const uri: string = artifactUri(key);

/** Options of a write with no condition. */
export function put(options: Partial<ArtifactPutOptions> = {}): ArtifactPutOptions {
  return { contentType: 'text/plain', maxBytes: 1e9, signal: new AbortController().signal, ...options };
}

/** The content of an artifact, `undefined` where there is none. */
export async function bytesOf(store: ArtifactStore, of: ArtifactKey = key): Promise<Buffer | undefined> {
  const stored = await store.get(of, new AbortController().signal);
  return stored === undefined ? undefined : Buffer.concat(await collect(stored.body));
}

/** The content of an artifact as text. */
export async function textOf(store: ArtifactStore, of: ArtifactKey = key): Promise<string | undefined> {
  return (await bytesOf(store, of))?.toString();
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
