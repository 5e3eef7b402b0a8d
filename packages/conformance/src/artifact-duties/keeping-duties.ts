import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { another, bytesOf, collect, KEY, listOf, put, streamOf, textOf } from './artifact-bench.js';
import type { ArtifactDuty, ArtifactTrial } from './artifact-bench.js';

/** What is written comes back: bytes and what is known of them. */
export const KEEPING_DUTIES: readonly ArtifactDuty[] = [
  { title: 'tells all that it knows of a write, and the same in every call', check: checkInfo },
  { title: 'gives text, other bytes and what is no text back exactly', check: checkExactBytes },
  { title: 'keeps content of any size, at once and in pieces', check: checkSizes },
  {
    title: 'keeps its own copy of the bytes, and hands out copies',
    async check({ store }) {
      const bytes = Buffer.from('hello');
      await store.put(KEY, bytes, put());
      bytes.fill(0);
      const stored = await store.get(KEY, new AbortController().signal);
      for await (const chunk of stored?.body ?? []) chunk.fill(0);
      assert.equal(await textOf(store), 'hello');
    },
  },
  {
    title: 'has nothing where nothing was written',
    async check({ store }) {
      const found = [await store.stat(KEY), await textOf(store), await store.delete(KEY), await listOf(store)];
      assert.deepEqual(found, [undefined, undefined, false, []]);
    },
  },
  { title: 'keeps the last of two, and nothing that was known of the first', check: checkReplacement },
  { title: 'names every write by another etag, and never takes equal content for one artifact', check: checkEtags },
  {
    title: 'keeps plugins apart, and lists each in the order of its paths',
    async check({ store }) {
      for (const path of ['b', 'a/c', 'a.md', 'a-b/c', 'Z', 'é']) {
        await store.put({ ...KEY, path }, Buffer.from(path), put());
      }
      await store.put({ pluginId: 'review', path: 'other' }, Buffer.from('o'), put());
      const paths = async (pluginId: string) => (await listOf(store, pluginId)).map((info) => info.path);
      assert.deepEqual(await paths(KEY.pluginId), ['Z', 'a-b/c', 'a.md', 'a/c', 'b', 'é']);
      assert.deepEqual([await paths('review'), await paths('nobody')], [['other'], []]);
    },
  },
  { title: 'has nothing after a deletion, and gives the names of folders free', check: checkDeletion },
  {
    title: 'is found again by another store over the same place',
    async check(trial) {
      const options = put({ version: '1.2.3', schemaVersion: '2.0.0', expiresAt: trial.clock.now() + 1_000 });
      const info = await trial.store.put(KEY, Buffer.from('hello'), options);
      const store = await another(trial);
      assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'hello']);
    },
  },
  {
    title: 'hands out what has expired, with its time',
    async check({ store, clock }) {
      const expiresAt = clock.now() + 1_000;
      await store.put(KEY, Buffer.from('hello'), put({ expiresAt }));
      clock.advance(1_000);
      assert.equal((await store.stat(KEY))?.expiresAt, expiresAt);
      assert.deepEqual([await textOf(store), (await listOf(store)).length], ['hello', 1]);
    },
  },
];

async function checkInfo({ store, clock }: ArtifactTrial): Promise<void> {
  const known = { contentType: 'text/markdown; charset=utf-8', version: '1.2.3-rc.1', schemaVersion: '2.0.0' };
  const expiresAt = clock.now() + 60_000;
  const info = await store.put(KEY, Buffer.from('hello'), put({ ...known, expiresAt }));
  const { etag, location, ...rest } = info;
  assert.deepEqual(rest, {
    uri: 'artifact://@acme/review/reports/2026.md',
    ...KEY,
    bytes: 5,
    sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    ...known,
    createdAt: clock.now(),
    expiresAt,
  });
  assert.ok(typeof etag === 'string' && etag !== '' && typeof location === 'string' && location !== '');
  const stored = await store.get(KEY, new AbortController().signal);
  assert.deepEqual([await store.stat(KEY), stored?.info, await listOf(store)], [info, info, [info]]);
  const plain = await store.put({ ...KEY, path: 'plain' }, Buffer.from('x'), put());
  assert.deepEqual([plain.version, plain.schemaVersion, plain.expiresAt], [undefined, undefined, undefined]);
  assert.deepEqual(await store.stat(plain), plain);
}

async function checkExactBytes({ store }: ArtifactTrial): Promise<void> {
  const contents = [
    Buffer.from('# Räport 日本語 \u{1F600}\r\n\ufeff\u0000'),
    Buffer.from('\ufeff{"a":"\u2028"}'),
    Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
    // Half a character, and bytes that stand in no UTF-8 at all.
    Buffer.from([0xc3, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0x0a]),
  ];
  for (const [place, content] of contents.entries()) {
    const key = { ...KEY, path: `ünï ${place} %2e+&=#.bin` };
    await store.put(key, content, put({ contentType: 'application/octet-stream' }));
    assert.deepEqual(await bytesOf(store, key), content);
  }
}

async function checkSizes({ store }: ArtifactTrial): Promise<void> {
  for (const size of [0, 1, 65_536, 262_143, 262_144, 262_145, 5 * 1024 * 1024 + 1]) {
    const content = Buffer.alloc(size, 'abcdefg');
    const half = Math.floor(size / 2);
    const pieces = streamOf(
      new Uint8Array(),
      content.subarray(0, 1),
      content.subarray(1, half + 1),
      content.subarray(half + 1),
    );
    for (const body of [content, pieces]) {
      const info = await store.put(KEY, body, put());
      const sum = { bytes: size, sha256: sha256(content) };
      assert.deepEqual({ bytes: info.bytes, sha256: info.sha256 }, sum);
      const found = await bytesOf(store);
      assert.deepEqual({ bytes: found?.byteLength, sha256: sha256(found ?? '') }, sum);
    }
  }
  await store.put(KEY, streamOf(...Array.from({ length: 500 }, (_, n) => `${n},`)), put());
  assert.equal(await textOf(store), Array.from({ length: 500 }, (_, n) => `${n},`).join(''));
}

async function checkReplacement({ store, clock }: ArtifactTrial): Promise<void> {
  const first = put({ version: '1.0.0', schemaVersion: '1.0.0', expiresAt: clock.now() + 1 });
  await store.put(KEY, Buffer.from('one'), first);
  clock.advance(5);
  const info = await store.put(KEY, Buffer.from('three'), put({ contentType: 'text/markdown' }));
  assert.deepEqual(await store.stat(KEY), info);
  const { contentType, version, schemaVersion, createdAt, expiresAt } = info;
  const known = { contentType, version, schemaVersion, createdAt, expiresAt };
  const nothing = { version: undefined, schemaVersion: undefined, expiresAt: undefined };
  assert.deepEqual(known, { contentType: 'text/markdown', createdAt: clock.now(), ...nothing });
  assert.deepEqual([await textOf(store), (await listOf(store)).length], ['three', 1]);
}

async function checkEtags({ store }: ArtifactTrial): Promise<void> {
  const twin = { ...KEY, path: 'twin' };
  const infos = [
    await store.put(KEY, Buffer.from('same'), put()),
    await store.put(KEY, Buffer.from('same'), put()),
    await store.put(twin, Buffer.from('same'), put()),
  ];
  await store.delete(KEY);
  assert.equal(await textOf(store, twin), 'same');
  infos.push(await store.put(KEY, Buffer.from('same'), put()));
  assert.equal(new Set(infos.map(({ etag }) => etag)).size, infos.length);
  assert.equal((await store.stat(KEY))?.etag, infos.at(-1)?.etag);
}

async function checkDeletion({ store }: ArtifactTrial): Promise<void> {
  const key = { ...KEY, path: 'a/b/c' };
  await store.put(key, Buffer.from('x'), put());
  assert.deepEqual([await store.delete(key), await store.delete(key)], [true, false]);
  assert.deepEqual(
    [await store.stat(key), await textOf(store, key), await collect(store.list(KEY.pluginId))],
    [undefined, undefined, []],
  );
  await store.put({ ...KEY, path: 'a' }, Buffer.from('x'), put());
  assert.deepEqual(
    (await listOf(store)).map((info) => info.path),
    ['a'],
  );
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
