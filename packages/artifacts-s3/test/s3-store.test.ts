import { createHash } from 'node:crypto';
import type { S3 } from '@aws-sdk/client-s3';
import { createError } from '@kb-labs/contracts';
import type { ArtifactStore } from '@kb-labs/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createS3ArtifactStore } from '../src/s3-store.js';
import { startGateway } from './gateway.js';
import type { Fate, Gateway, GatewayRequest } from './gateway.js';
import {
  bytesOf,
  clientOf,
  collect,
  dataKeyOf,
  key,
  keysIn,
  leftoversIn,
  newBucket,
  put,
  startFauxS3,
  textAt,
  textOf,
  uri,
} from './s3-servers.js';
import type { S3Server } from './s3-servers.js';

const PART = 5 * 1024 * 1024;

let fauxS3: S3Server;
let gateway: Gateway;
let client: S3;
beforeAll(async () => {
  fauxS3 = await startFauxS3();
  gateway = await startGateway({ upstream: fauxS3.endpoint, keeps: 'writes and deletions' });
  client = clientOf(gateway.endpoint);
});
afterEach(() => {
  gateway.decide = () => 'pass';
  gateway.requests.length = 0;
});
afterAll(async () => {
  client.destroy();
  await gateway[Symbol.asyncDispose]();
  await fauxS3[Symbol.asyncDispose]();
});

async function newStore(attempts = 1): Promise<{ store: ArtifactStore; bucket: string; client: S3 }> {
  const bucket = await newBucket(client);
  const own = attempts === 1 ? client : clientOf(gateway.endpoint, attempts);
  return { store: createS3ArtifactStore({ client: own, bucket, partBytes: PART }), bucket, client: own };
}

/** Lets one request of a kind come to this fate, and all others pass. */
function once(fate: Fate, matches: (request: GatewayRequest) => boolean): void {
  let isDone = false;
  gateway.decide = (request) => {
    if (isDone || !matches(request)) return 'pass';
    isDone = true;
    return fate;
  };
}

const putsHead = ({ method, target }: GatewayRequest): boolean => method === 'PUT' && target.includes('/heads/');
const putsData = ({ method, target }: GatewayRequest): boolean => method === 'PUT' && target.includes('/data/');
const code = (value: string): unknown => expect.objectContaining({ code: value });

async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(bytes, `${n % 10}`);
}

describe('what is stored', () => {
  it('has an address in the bucket, with its content type, and keys that every server can keep', async () => {
    const { store, bucket } = await newStore();
    const path = 'отчёты/año — 2026 #1 %41 & "q" \u{1f600}.md'.replaceAll('"', "'");
    const info = await store.put({ ...key, path }, Buffer.from('x'), put({ contentType: 'text/markdown' }));
    expect(info.path).toBe(path);
    const { ContentType } = await client.headObject({ Bucket: bucket, Key: dataKeyOf(bucket, info) });
    expect(ContentType).toBe('text/markdown');
    expect(
      (await keysIn(client, bucket)).filter(
        (name) => !/^(?:heads|data)\/@acme\/review\/[0-9a-f]{64}(?:\/[0-9a-f-]{36})?$/.test(name),
      ),
    ).toEqual([]);
    expect((await collect(store.list(key.pluginId))).map((listed) => listed.path)).toEqual([path]);
  });

  it('is streamed in parts, of which two at most lie in memory', { timeout: 60_000 }, async () => {
    const { store } = await newStore();
    let [given, most] = [0, 0];
    const body = (async function* () {
      for await (const piece of pieces(24, 1024 * 1024)) {
        given += piece.byteLength;
        const sent = gateway.requests.filter(putsData).length * PART;
        most = Math.max(most, given - sent);
        yield piece;
      }
    })();
    const info = await store.put(key, body, put());
    const hash = createHash('sha256');
    for await (const piece of pieces(24, 1024 * 1024)) hash.update(piece);
    expect([info.bytes, info.sha256]).toEqual([24 * 1024 * 1024, hash.digest('hex')]);
    expect(most).toBeLessThanOrEqual(3 * PART);
    expect(
      createHash('sha256')
        .update((await bytesOf(store)) ?? '')
        .digest('hex'),
    ).toBe(info.sha256);
    expect([gateway.requests.filter(putsData).length, gateway.uploads.size]).toEqual([5, 0]);
  });

  it('is listed in the order of paths, over more pages than one', { timeout: 60_000 }, async () => {
    const { store, bucket } = await newStore();
    const info = await store.put(key, Buffer.from('x'), put());
    const head = (await keysIn(client, bucket)).find((name) => name.startsWith('heads/')) ?? '';
    const record: object = JSON.parse(await textAt(client, bucket, head));
    const paths = Array.from({ length: 1_005 }, (_, n) => `${n % 2 === 0 ? 'A' : 'b'}/${n}`);
    const direct = clientOf(fauxS3.endpoint);
    for (const path of paths) {
      const hash = createHash('sha256').update(path.toLowerCase()).digest('hex');
      const Body = JSON.stringify({ ...record, path });
      await direct.putObject({ Bucket: bucket, Key: `heads/${key.pluginId}/${hash}`, Body });
    }
    direct.destroy();
    const listed = await collect(store.list(key.pluginId));
    expect(listed.map(({ path }) => path)).toEqual([...paths, info.path].sort((a, b) => (a < b ? -1 : 1)));
    expect(gateway.requests.filter(({ target }) => target.includes('continuation-token')).length).toBe(1);
  });

  it('is not hidden by what others put among the heads', async () => {
    const { store, bucket } = await newStore();
    const info = await store.put(key, Buffer.from('x'), put());
    const head = (await keysIn(client, bucket)).find((name) => name.startsWith('heads/')) ?? '';
    const record = await textAt(client, bucket, head);
    const foreign = [
      '',
      '{}',
      record,
      record.replace('reports/', '../'),
      record.replace('@acme', '@evil'),
      'x'.repeat(70_000),
    ];
    for (const [n, Body] of foreign.entries()) {
      await client.putObject({ Bucket: bucket, Key: `heads/${key.pluginId}/${n}`, Body: Buffer.from(Body) });
    }
    expect(await collect(store.list(key.pluginId))).toEqual([info]);
  });

  it('can be deleted and replaced where its record is damaged, and until then says so', async () => {
    const { store, bucket } = await newStore();
    const first = await store.put(key, Buffer.from('x'), put());
    const head = (await keysIn(client, bucket)).find((name) => name.startsWith('heads/')) ?? '';
    const damage = (): Promise<unknown> => client.putObject({ Bucket: bucket, Key: head, Body: 'not JSON' });
    await damage();
    await expect(store.stat(key)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    await expect(store.put(key, Buffer.from('y'), put({ ifNoneMatch: '*' }))).rejects.toThrow(
      code('ERR_ARTIFACT_CONFLICT'),
    );
    await expect(store.delete(key, { ifMatch: first.etag })).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    expect(await store.delete(key)).toBe(true);
    expect(await store.stat(key)).toBeUndefined();
    await damage();
    await store.put(key, Buffer.from('y'), put());
    expect(await textOf(store)).toBe('y');
  });

  it('is damaged where its record says what no store would have taken', async () => {
    const { store, bucket } = await newStore();
    const info = await store.put(key, Buffer.from('x'), put());
    const head = (await keysIn(client, bucket)).find((name) => name.startsWith('heads/')) ?? '';
    const record: object = JSON.parse(await textAt(client, bucket, head));
    for (const forged of [{ contentType: 'text/html\r\nset-cookie: a=b' }, { version: '1\n2' }, { expiresAt: -1 }]) {
      await client.putObject({ Bucket: bucket, Key: head, Body: JSON.stringify({ ...record, ...forged }) });
      await expect(store.stat(key)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
      expect(await collect(store.list(key.pluginId))).toEqual([]);
    }
    await client.putObject({ Bucket: bucket, Key: head, Body: JSON.stringify(record) });
    expect(await store.stat(key)).toEqual(info);
  });

  it('says that its bytes are gone, or are others', async () => {
    const { store, bucket } = await newStore();
    const Key = dataKeyOf(bucket, await store.put(key, Buffer.from('abc'), put()));
    for (const Body of ['abd', 'abcd', 'ab', '']) {
      await client.putObject({ Bucket: bucket, Key, Body: Buffer.from(Body) });
      await expect(textOf(store)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    }
    await client.deleteObject({ Bucket: bucket, Key });
    await expect(textOf(store)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
  });
});

describe('a write whose answer is lost', () => {
  it('is one write, also where the SDK tries again and meets its own work', async () => {
    for (const [attempts, condition] of [
      [1, { ifNoneMatch: '*' }],
      [3, { ifNoneMatch: '*' }],
      [3, {}],
    ] as const) {
      const { store, bucket } = await newStore(attempts);
      once('lose-reply', putsHead);
      const info = await store.put(key, Buffer.from('x'), put(condition));
      expect([await store.stat(key), await textOf(store), await leftoversIn(client, bucket)]).toEqual([info, 'x', []]);
    }
  });

  it('is tried again by the SDK where the server was busy', async () => {
    const { store, bucket } = await newStore(3);
    once('fail', putsHead);
    await store.put(key, Buffer.from('x'), put({ ifNoneMatch: '*' }));
    expect([await textOf(store), await leftoversIn(client, bucket)]).toEqual(['x', []]);
  });

  it('of a deletion, deletes', async () => {
    const { store, bucket } = await newStore(3);
    await store.put(key, Buffer.from('x'), put());
    once('lose-reply', ({ method, target }) => method === 'DELETE' && target.includes('/heads/'));
    await store.delete(key);
    expect([await store.stat(key), await leftoversIn(client, bucket)]).toEqual([undefined, []]);
  });
});

describe('a server that answers 409 to those that come at once', () => {
  it('is one that keeps conditions', async () => {
    const { store, bucket } = await newStore();
    let conflicts = 0;
    gateway.decide = (request) => {
      const isProbe = request.method === 'PUT' && request.target.includes('/.probe/');
      if ((isProbe && conflicts < 4) || (putsHead(request) && conflicts < 6)) {
        conflicts += 1;
        return 'conflict';
      }
      return 'pass';
    };
    const info = await store.put(key, Buffer.from('x'), put({ ifNoneMatch: '*' }));
    expect([conflicts, await store.stat(key), await leftoversIn(client, bucket)]).toEqual([6, info, []]);
  });
});

describe('a write that fails', () => {
  it('says what the server said, and keeps what stood there', async () => {
    const { store, bucket } = await newStore();
    await store.put(key, Buffer.from('old'), put());
    for (const matches of [putsData, putsHead]) {
      gateway.decide = (request) => (matches(request) ? 'fail' : 'pass');
      await expect(store.put(key, Buffer.from('new'), put())).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_IO_FAILED', details: { uri, name: 'SlowDown', status: 503 } }),
      );
      gateway.decide = () => 'pass';
      expect(await textOf(store)).toBe('old');
    }
    // A 503 may have been carried out nevertheless, so marks and data stay for the sweep.
    expect((await leftoversIn(client, bucket)).map((name) => name.split('/')[0])).toEqual(['data', 'open', 'open']);
  });

  it('names a bucket that is not there', async () => {
    const store = createS3ArtifactStore({ client, bucket: 'no-such-bucket' });
    const refused = expect.objectContaining({
      code: 'ERR_IO_FAILED',
      details: expect.objectContaining({ name: 'NoSuchBucket', status: 404 }),
      hint: 'create the bucket, or name the one that is there',
    });
    await expect(store.put(key, Buffer.from('x'), put())).rejects.toThrow(refused);
    await expect(store.stat(key)).rejects.toThrow(refused);
    await expect(collect(store.list('review'))).rejects.toThrow(refused);
  });

  it('aborts its parts, and leaves nothing', async () => {
    const { store, bucket } = await newStore();
    const body = (async function* () {
      yield* pieces(3, PART);
      throw createError('ERR_QUOTA_EXCEEDED', 'that is enough');
    })();
    await expect(store.put(key, body, put())).rejects.toThrow(code('ERR_QUOTA_EXCEEDED'));
    await expect(store.put(key, pieces(30, PART), put({ maxBytes: 2 * PART + 1 }))).rejects.toThrow(
      code('ERR_ARTIFACT_TOO_LARGE'),
    );
    expect([gateway.uploads.size, await keysIn(client, bucket)]).toEqual([0, []]);
  });

  it('ends at once when its signal goes while a part is on its way', async () => {
    const { store } = await newStore();
    const abort = new AbortController();
    gateway.decide = (request) => {
      if (!putsData(request)) return 'pass';
      abort.abort('enough');
      return 'hang';
    };
    await expect(store.put(key, pieces(3, PART), put({ signal: abort.signal }))).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_ABORTED', details: { reason: 'enough' } }),
    );
    expect([gateway.uploads.size, await store.stat(key)]).toEqual([0, undefined]);
  });

  it('notices a server that keeps other bytes than it was sent', async () => {
    const stuffing = clientOf(gateway.endpoint);
    const bucket = await newBucket(client);
    // As s3rver 3.7 does with the aws-chunked encoding of a stream.
    stuffing.middlewareStack.add(
      (next) => (args) => {
        if ('Body' in args.input && String(Reflect.get(args.input, 'Key')).startsWith('data/')) {
          return next({ ...args, input: { ...args.input, Body: Buffer.from('5\r\nhello\r\n0\r\n') } });
        }
        return next(args);
      },
      { step: 'initialize' },
    );
    const store = createS3ArtifactStore({ client: stuffing, bucket });
    await expect(store.put(key, Buffer.from('hello'), put())).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_IO_FAILED',
        details: { uri, bytes: 5, stored: 13 },
        hint: expect.stringContaining("requestChecksumCalculation: 'WHEN_REQUIRED'"),
      }),
    );
    expect(await keysIn(client, bucket)).toEqual([]);
    stuffing.destroy();
  });

  it('gives up before a sweep could take its data for a leftover', async () => {
    const bucket = await newBucket(client);
    let time = 0;
    const clock = { now: () => Date.now(), monotonic: () => time };
    const store = createS3ArtifactStore({ client, bucket, clock, leftoverAfterMs: 10_000 });
    const slow = (async function* () {
      yield Buffer.from('x');
      time = 5_001;
    })();
    await expect(store.put(key, slow, put())).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_TIMEOUT', details: { elapsed: 5_001, limit: 5_000 } }),
    );
    expect(await keysIn(client, bucket)).toEqual([]);
  });
});

describe('a reader', () => {
  it('lets go of the connection when it stops, and ends with its signal while the server is silent', async () => {
    const { store } = await newStore();
    await store.put(key, Buffer.alloc(PART), put());
    const stored = await store.get(key, new AbortController().signal);
    for await (const piece of stored?.body ?? []) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    const abort = new AbortController();
    const silent = await store.get(key, abort.signal);
    gateway.decide = ({ method, target }) => {
      if (method !== 'GET' || !target.includes('/data/')) return 'pass';
      abort.abort(createError('ERR_TIMEOUT', 'too long'));
      return 'hang';
    };
    await expect(collect(silent?.body ?? pieces(1, 1))).rejects.toThrow(code('ERR_TIMEOUT'));
  });

  it('asks for nothing but the head before the first byte is wanted', async () => {
    const { store } = await newStore();
    await store.put(key, Buffer.from('x'), put());
    gateway.requests.length = 0;
    await store.get(key, new AbortController().signal);
    expect(gateway.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});
