import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRules, ArtifactStore } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { createFileArtifactStore } from '../src/file-store.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { code, collect, listAll, putOptions } from './artifact-fixture.js';
import { temporaryFolder } from './temporary-folder.js';

const MIB = 1024 * 1024;
/** Of a body that is written. */
const BLOCK = MIB;
const rules: readonly ArtifactRules[] = [{ read: [{ from: '*', paths: ['**'] }], write: [{ paths: ['**'] }] }];

/** A clock that a test moves. */
function movable() {
  const clock = { time: 1_000_000, now: () => clock.time, monotonic: () => clock.time };
  return clock;
}

function setUp(
  make: (clock: ReturnType<typeof movable>) => ArtifactStore = (clock) => createMemoryArtifactStore({ clock }),
) {
  const clock = movable();
  const store = make(clock);
  return { clock, store, broker: new ArtifactBroker({ store, pluginId: '@acme/review', rules, clock }) };
}

describe.each([
  ['memory', async () => setUp()],
  [
    'files',
    async () => {
      const directory = await temporaryFolder();
      return setUp((clock) => createFileArtifactStore({ directory, clock }));
    },
  ],
])('a broker over %s', (_, make) => {
  it('gives text, JSON and bytes back exactly', async () => {
    const { broker } = await make();
    const text = '\ufeff# Räport 日本語 \u{1F600}\r\n\u0000';
    const data = JSON.parse('{"__proto__":{"a":[1,null,"\\ud800é"]},"":false}');
    const bytes = Uint8Array.from({ length: 256 }, (__, byte) => byte);
    expect((await broker.write('a.md', text)).contentType).toBe('text/plain; charset=utf-8');
    expect((await broker.write('a.json', data)).contentType).toBe('application/json');
    expect((await broker.write('a.bin', bytes)).contentType).toBe('application/octet-stream');
    expect(await broker.read('artifact://self/a.md', { as: 'text' })).toBe(text);
    expect(JSON.stringify(await broker.read('a.json', { as: 'json' }))).toBe(JSON.stringify(data));
    const read = await broker.read('artifact://@acme/review/a.bin');
    expect([read, read.buffer.byteLength]).toEqual([bytes, 256]);
    expect(await broker.read('a.md')).toEqual(new Uint8Array(Buffer.from(text)));
  });

  it('keeps two writes of the same content apart', async () => {
    const { broker } = await make();
    const infos = [await broker.write('a', 'same'), await broker.write('b', 'same'), await broker.write('a', 'same')];
    expect(new Set(infos.map(({ etag }) => etag)).size).toBe(3);
    await broker.delete('a');
    expect([await broker.stat('a'), await broker.read('b', { as: 'text' })]).toEqual([undefined, 'same']);
  });

  it('leaves the good artifact good where an overwrite is refused', async () => {
    const { broker } = await make();
    const good = await broker.write('a', 'good', { version: '1.0.0', ttlMs: 1_000 });
    const refusals: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['ERR_ARTIFACT_CONFLICT', () => broker.write('a', 'bad', { ifNoneMatch: '*' })],
      ['ERR_ARTIFACT_CONFLICT', () => broker.write('a', 'bad', { ifMatch: 'other' })],
      ['ERR_ARTIFACT_CONFLICT', () => broker.delete('a', { ifMatch: 'other' })],
      ['ERR_ARTIFACT_TOO_LARGE', () => broker.write('a', 'bad', { maxBytes: 2 })],
      ['ERR_ARTIFACT_TOO_LARGE', () => broker.write('a', { a: 'bad' }, { maxBytes: 2 })],
      ['ERR_INVALID_ARGUMENT', () => broker.write('a', 'bad', { version: '1' })],
      ['ERR_INVALID_ARGUMENT', () => broker.write('a', 'bad', { ttlMs: 0 })],
      ['ERR_INVALID_ARGUMENT', () => broker.write('a', 'bad', { contentType: 'bad' })],
      ['ERR_INVALID_ARGUMENT', () => broker.write('a', { a: undefined })],
      ['ERR_INVALID_ARGUMENT', () => broker.write('a', 'bad', JSON.parse('{"ifExists":"fail"}'))],
      ['ERR_ABORTED', () => broker.write('a', 'bad', { signal: AbortSignal.abort() })],
      ['ERR_IO_FAILED', () => broker.writeStream('a', failing())],
    ];
    for (const [expected, refusal] of refusals) await expect(refusal()).rejects.toThrow(code(expected));
    expect([await broker.stat('a'), await broker.read('a', { as: 'text' })]).toEqual([good, 'good']);
  });

  it('takes what has expired for absent, and removes it when it is read', async () => {
    const { broker, store, clock } = await make();
    const info = await broker.write('a', 'old', { ttlMs: 500 });
    clock.time += 499;
    expect([await broker.stat('a'), (await broker.list()).length]).toEqual([info, 1]);
    clock.time += 1;
    expect([await broker.stat('a'), await broker.list(), await broker.list({ status: 'expired' })]).toEqual([
      undefined,
      [],
      [info],
    ]);
    await expect(broker.read('a')).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_ARTIFACT_EXPIRED', details: { uri: info.uri, expiresAt: info.expiresAt } }),
    );
    expect(await listAll(store)).toEqual([]);
    await expect(broker.read('a')).rejects.toThrow(code('ERR_ARTIFACT_NOT_FOUND'));
    await broker.write('a', 'short', { ttlMs: 1 });
    clock.time += 1;
    expect([await broker.delete('a'), await listAll(store)]).toEqual([false, []]);
  });

  it('removes all that has expired, and nothing else', async () => {
    const { broker, store, clock } = await make();
    for (const path of ['a', 'b/c', 'd']) await broker.write(path, path, path === 'd' ? {} : { ttlMs: 10 });
    clock.time += 10;
    expect([await broker.removeExpired(), await broker.removeExpired()]).toEqual([2, 0]);
    expect((await listAll(store)).map(({ path }) => path)).toEqual(['d']);
  });

  it('copies content with what is known of it, but for the time at which it expires', async () => {
    const { broker, store } = await make();
    const known = { contentType: 'text/markdown', version: '1.2.3', schemaVersion: '2.0.0' };
    await broker.write('a', '# A', { ...known, ttlMs: 1_000 });
    const copy = await broker.copy('a', 'artifact://self/b');
    expect(copy).toMatchObject({ ...known, path: 'b', bytes: 3, expiresAt: undefined });
    expect(await broker.copy('a', 'c', { version: '2.0.0', contentType: 'text/plain', ttlMs: 5 })).toMatchObject({
      version: '2.0.0',
      contentType: 'text/plain',
      expiresAt: 1_000_005,
    });
    expect([await broker.read('b', { as: 'text' }), await broker.read('c', { as: 'text' })]).toEqual(['# A', '# A']);
    await expect(broker.copy('a', 'b', { ifNoneMatch: '*' })).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    await expect(broker.copy('missing', 'b')).rejects.toThrow(code('ERR_ARTIFACT_NOT_FOUND'));
    expect((await store.stat(copy))?.etag).toBe(copy.etag);
    await broker.copy('a', 'a', { ttlMs: 10 });
    expect(await broker.read('a', { as: 'text' })).toBe('# A');
  });
});

describe('a broker', () => {
  it('never removes a newer version than the one that had expired', async () => {
    const { broker, store, clock } = setUp();
    const info = await broker.write('a', 'old', { ttlMs: 1 });
    clock.time += 1;
    const { get } = store;
    // Somebody writes between the look and the removal.
    store.get = async (key, signal) => {
      const stored = await get.call(store, key, signal);
      await store.put(key, Buffer.from('new'), putOptions());
      return stored;
    };
    await expect(broker.read('a')).rejects.toThrow(code('ERR_ARTIFACT_EXPIRED'));
    store.get = get;
    expect([(await store.stat(info))?.etag === info.etag, await broker.read('a', { as: 'text' })]).toEqual([
      false,
      'new',
    ]);
  });

  it.each([
    ['1.2.3', '1.2.3', true],
    ['1.2.3', '1.10.0', false],
    ['1.10.0', '1.2.3', true],
    ['2.0.0-rc.1', '2.0.0', false],
    ['2.0.0', '2.0.0-rc.1', true],
    [undefined, '0.0.0', false],
  ])('reads version %s where at least %s is asked for: %s', async (version, minVersion, found) => {
    const { broker } = setUp();
    const info = await broker.write('a', 'x', version === undefined ? {} : { version });
    const results = await Promise.allSettled([broker.read('a', { minVersion, as: 'text' })]);
    const refusal = expect.objectContaining({
      code: 'ERR_ARTIFACT_NOT_FOUND',
      details: { uri: info.uri, minVersion, version },
    });
    expect(results).toEqual([found ? { status: 'fulfilled', value: 'x' } : { status: 'rejected', reason: refusal }]);
    expect([await broker.stat('a', { minVersion }), await broker.list({ minVersion })]).toEqual(
      found ? [info, [info]] : [undefined, []],
    );
  });

  it('lists by glob, owner and limit, in the order of paths', async () => {
    const { broker, store } = setUp();
    for (const path of ['b.md', 'a/b.md', 'a/c.txt', 'z']) await broker.write(path, path);
    await store.put({ pluginId: 'other', path: 'o.md' }, Buffer.from('o'), putOptions());
    const paths = async (query: Parameters<ArtifactBroker['list']>[0]) =>
      (await broker.list(query)).map(({ path }) => path);
    expect(await paths({ glob: '**/*.md' })).toEqual(['a/b.md', 'b.md']);
    expect(await paths({ glob: 'a/*', limit: 1 })).toEqual(['a/b.md']);
    expect([await paths({ limit: 0 }), await paths({ from: 'other' }), await paths({ from: 'self' })]).toEqual([
      [],
      ['o.md'],
      ['a/b.md', 'a/c.txt', 'b.md', 'z'],
    ]);
    await expect(broker.list({ signal: AbortSignal.abort() })).rejects.toThrow(code('ERR_ABORTED'));
  });

  it.each<[string, Record<string, unknown>]>([
    ['list', { glob: '../**' }],
    ['list', { status: 'old' }],
    ['list', { limit: 1_001 }],
    ['list', { limit: -1 }],
    ['list', { minVersion: '^1' }],
    ['list', { from: '../x' }],
    ['list', { pattern: '**' }],
    ['read', { as: 'xml' }],
    ['read', { minVersion: 'latest' }],
    ['read', { minversion: '1.0.0' }],
    ['stat', { minVersion: 1 }],
    ['wait', { timeoutMs: -1 }],
    ['wait', { timeoutMs: 2 ** 31 }],
    ['wait', { timeout: 5 }],
    ['delete', { ifMatch: '' }],
    ['delete', { force: true }],
    ['writeStream', { ttlMs: 1.5 }],
    ['writeStream', { maxBytes: 'all' }],
    ['writeStream', { ifMatch: 'a', ifNoneMatch: '*' }],
  ])('refuses to %s with %j', async (method, options) => {
    const { broker } = setUp();
    await broker.write('a', 'x');
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      list: () => broker.list(options),
      read: () => broker.read('a', options),
      stat: () => broker.stat('a', options),
      wait: () => broker.wait('a', options),
      delete: () => broker.delete('a', options),
      writeStream: () => broker.writeStream('a', Buffer.from('y'), options),
    };
    await expect(calls[method]?.()).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
    expect(await broker.read('a', { as: 'text' })).toBe('x');
  });

  it('reads as text and JSON only what is', async () => {
    const { broker } = setUp();
    await broker.write('a', Buffer.from([0xff]));
    await broker.write('b', 'no json');
    for (const read of [
      () => broker.read('a', { as: 'text' }),
      () => broker.read('a', { as: 'json' }),
      () => broker.read('b', { as: 'json' }),
    ]) {
      await expect(read()).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', hint: 'read it as bytes' }),
      );
    }
  });

  it('writes and reads at once no more than it may', async () => {
    const store = createMemoryArtifactStore();
    const large = new ArtifactBroker({ store, pluginId: 'acme', rules: 'host' });
    const small = new ArtifactBroker({ store, pluginId: 'acme', rules: 'host', maxBytes: 3 });
    await large.write('a', 'four');
    await expect(small.read('a')).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
    expect(Buffer.concat(await collect((await small.readStream('a')).body)).toString()).toBe('four');
    await expect(small.write('b', 'four', { maxBytes: 10 })).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
    await expect(small.copy('a', 'b')).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
  });

  it('lets the host read, write and delete everywhere, and a plugin by its rules', async () => {
    const store = createMemoryArtifactStore();
    const host = new ArtifactBroker({ store, pluginId: 'acme', rules: 'host' });
    await host.write('artifact://other/a', 'x', { ttlMs: 1 });
    await host.write('artifact://other/b', 'x');
    expect([await host.delete('artifact://other/b'), await host.removeExpired('other')]).toEqual([
      true,
      expect.any(Number),
    ]);
  });

  it('deletes what is damaged, for whoever may delete any type', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const broker = new ArtifactBroker({ store, pluginId: 'acme', rules });
    const { location } = await broker.write('a', 'x');
    await damage(location);
    await expect(broker.stat('a')).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    const typed = [{ read: [], write: [{ paths: ['**'], types: ['text/*'] }] }];
    const narrow = new ArtifactBroker({ store, pluginId: 'acme', rules: typed });
    await expect(narrow.delete('a')).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    await expect(broker.delete('a', { ifMatch: 'x' })).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    expect([await broker.delete('a'), await broker.stat('a')]).toEqual([true, undefined]);
  });
});

describe('streams through a broker', () => {
  it('hold what comes, one block that is filled and one that is being written, however much goes through them', async () => {
    const directory = await temporaryFolder();
    const broker = new ArtifactBroker({ store: createFileArtifactStore({ directory }), pluginId: 'acme', rules });
    const piece = Buffer.alloc(MIB, 'x');
    let most = 0;
    const info = await broker.writeStream('large', produce());
    expect([info.bytes, most <= MIB + 2 * BLOCK]).toEqual([64 * MIB, true]);

    async function* produce(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let sent = 0; sent < 64 * MIB; sent += MIB) {
        // What was handed over and is not in the file is held in memory.
        most = Math.max(most, sent - (await bytesWritten()) + MIB);
        yield piece;
      }
    }
    async function bytesWritten(): Promise<number> {
      const folder = join(directory, '.tmp');
      const name = (await readdir(folder)).find((entry) => entry.endsWith('.data')) ?? '';
      return (await stat(join(folder, name))).size;
    }

    const { body } = await broker.readStream('large');
    let read = 0;
    let largest = 0;
    for await (const chunk of body) {
      read += chunk.byteLength;
      largest = Math.max(largest, chunk.buffer.byteLength);
    }
    expect([read, largest <= MIB]).toEqual([64 * MIB, true]);
  });

  it('take nothing more from a body that is too large, and end it', async () => {
    const { broker } = setUp();
    let taken = 0;
    let ended = false;
    const body = (async function* () {
      try {
        for (;;) {
          taken += 1;
          yield new Uint8Array(10);
        }
      } finally {
        ended = true;
      }
    })();
    await expect(broker.writeStream('a', body, { maxBytes: 25 })).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
    expect([taken, ended]).toEqual([3, true]);
  });

  it('copy from one artifact to another as it is read', async () => {
    const directory = await temporaryFolder();
    const broker = new ArtifactBroker({ store: createFileArtifactStore({ directory }), pluginId: 'acme', rules });
    const first = await broker.write('a', Buffer.alloc(3 * MIB, 'x'));
    const copy = await broker.copy('a', 'b');
    expect([copy.sha256, copy.bytes]).toEqual([first.sha256, 3 * MIB]);
    await damage(first.location, Buffer.alloc(3 * MIB, 'y'));
    await expect(broker.copy('a', 'b')).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    expect(await broker.stat('b')).toEqual(copy);
  });
});

async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from('bad');
  throw new Error('broken');
}

/** Bytes that the store did not write, under the name of an artifact. */
async function damage(path: string, bytes: Uint8Array = Buffer.from('put there by hand')): Promise<void> {
  await writeFile(path, bytes);
}
