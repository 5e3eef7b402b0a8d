import assert from 'node:assert/strict';
import { createError } from '@kb-labs/contracts';
import type { ArtifactPutOptions } from '@kb-labs/contracts';
import { show } from '../bench/assert-refused.js';
import { collect, endings, KEY, leavesNothing, listOf, put, refuses, streamOf, textOf } from './artifact-bench.js';
import type { ArtifactDuty, ArtifactTrial } from './artifact-bench.js';

const PATHS = [
  '../x',
  '/x',
  'x/',
  'a//b',
  'a/./b',
  'a/../b',
  'a\\b',
  'a:b',
  'con',
  'a\0',
  'a\nb',
  'a.',
  '',
  '\ud800',
  'x'.repeat(256),
];
const PLUGINS = ['..', '.tmp', '.meta', '../x', '', 'A', '@a', '@a/b/c', 'con', 'self'];
const OPTIONS: readonly Partial<ArtifactPutOptions>[] = [
  { contentType: '' },
  { contentType: 'text' },
  { contentType: 'a/b\r\nx: y' },
  { maxBytes: -1 },
  { maxBytes: Number.NaN },
  { version: '' },
  { version: '1.0.0\n' },
  { schemaVersion: 'x'.repeat(257) },
  { expiresAt: Number.NaN },
  { expiresAt: -1 },
  { expiresAt: 1.5 },
  { expiresAt: Number.POSITIVE_INFINITY },
];
/** Some file systems take the one for the other. */
const LOOKALIKES = [
  ['a.md', 'A.md'],
  ['é', 'e\u0301'],
  ['straße', 'STRASSE'],
  ['a', 'a\u200d'],
  ['x/Y', 'X/y'],
] as const;

/** What a store refuses leaves no trace, and what it cannot give back whole it does not give back as if it were. */
export const REFUSAL_DUTIES: readonly ArtifactDuty[] = [
  {
    title: 'refuses paths that lead out, or that some platform cannot store, in every call',
    async check(trial) {
      for (const path of PATHS) {
        const bad = { ...KEY, path };
        const of = `of the path ${show(path)}`;
        const { signal } = new AbortController();
        await refuses(trial.store.put(bad, Buffer.from('x'), put()), 'ERR_ARTIFACT_PATH_INVALID', `put ${of}`);
        await refuses(trial.store.get(bad, signal), 'ERR_ARTIFACT_PATH_INVALID', `get ${of}`);
        await refuses(trial.store.stat(bad), 'ERR_ARTIFACT_PATH_INVALID', `stat ${of}`);
        await refuses(trial.store.delete(bad), 'ERR_ARTIFACT_PATH_INVALID', `delete ${of}`);
      }
      await leavesNothing(trial);
    },
  },
  {
    title: 'refuses what is no id of a plugin',
    async check({ store }) {
      for (const pluginId of PLUGINS) {
        const of = `of the plugin ${show(pluginId)}`;
        await refuses(store.put({ ...KEY, pluginId }, Buffer.from('x'), put()), 'ERR_INVALID_ARGUMENT', `put ${of}`);
        await refuses(store.stat({ ...KEY, pluginId }), 'ERR_INVALID_ARGUMENT', `stat ${of}`);
        await refuses(listOf(store, pluginId), 'ERR_INVALID_ARGUMENT', `list ${of}`);
      }
    },
  },
  {
    title: 'refuses options that are malformed',
    async check(trial) {
      for (const options of OPTIONS) {
        const work = trial.store.put(KEY, Buffer.from('x'), put(options));
        await refuses(work, 'ERR_INVALID_ARGUMENT', `put with ${show(options)}`);
      }
      assert.equal(await trial.store.stat(KEY), undefined);
      await leavesNothing(trial);
    },
  },
  { title: 'keeps names that look alike apart, or refuses the second', check: checkLookalikes },
  { title: 'refuses a byte too many, at once and in a stream that never ends', check: checkTooLarge },
  { title: 'refuses a stream that fails, and one that yields no bytes', check: checkStreams },
  { title: 'ends a write with its signal, even where the stream never yields', check: checkSilentStream },
  { title: 'neither begins nor goes on after an abort', check: checkAbort },
  { title: 'says that the artifact was replaced or deleted before its first byte was read', check: checkReplaced },
  {
    title: 'says that changed bytes are not those that were written',
    needs: 'damage',
    async check({ bench, store }) {
      await store.put(KEY, Buffer.alloc(300_000, 'x'), put());
      await bench.damage?.(KEY);
      const stored = await store.get(KEY, new AbortController().signal).catch(() => undefined);
      if (stored !== undefined) await refuses(collect(stored.body), 'ERR_ARTIFACT_CORRUPT', 'reading a damaged body');
      else await refuses(store.get(KEY, new AbortController().signal), 'ERR_ARTIFACT_CORRUPT');
      await store.put(KEY, Buffer.from('again'), put());
      assert.equal(await textOf(store), 'again');
    },
  },
];

async function checkLookalikes(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  for (const [first, second] of LOOKALIKES) {
    const keys = [
      { ...KEY, path: first },
      { ...KEY, path: second },
    ] as const;
    await store.put(keys[0], Buffer.from('1'), put());
    const { values, codes } = await endings([store.put(keys[1], Buffer.from('2'), put())]);
    const apart = values.length === 1;
    if (!apart) assert.deepEqual(codes, ['ERR_ARTIFACT_CONFLICT']);
    assert.deepEqual([await textOf(store, keys[0]), await textOf(store, keys[1])], ['1', apart ? '2' : undefined]);
    assert.equal((await listOf(store)).length, apart ? 2 : 1);
    assert.deepEqual([await store.delete(keys[1]), await textOf(store, keys[0])], [apart, '1']);
    await store.delete(keys[0]);
  }
  await leavesNothing(trial);
}

async function checkTooLarge(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  const info = await store.put(KEY, Buffer.from('old'), put());
  const endless = (async function* () {
    for (;;) yield new Uint8Array(3);
  })();
  for (const body of [new Uint8Array(11), endless]) {
    await refuses(store.put(KEY, body, put({ maxBytes: 10 })), 'ERR_ARTIFACT_TOO_LARGE', 'put of more than maxBytes');
  }
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'old']);
  await store.put(KEY, new Uint8Array(10), put({ maxBytes: 10 }));
  await leavesNothing(trial);
}

async function checkStreams(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  const info = await store.put(KEY, Buffer.from('old'), put());
  const failing = (async function* () {
    yield* streamOf('a');
    throw new Error('broken');
  })();
  await refuses(store.put(KEY, failing, put()), 'ERR_IO_FAILED', 'put of a stream that fails');
  const refused = (async function* () {
    yield* streamOf('a');
    throw createError('ERR_QUOTA_EXCEEDED', 'that is enough');
  })();
  await refuses(store.put(KEY, refused, put()), 'ERR_QUOTA_EXCEEDED', 'put of a stream that fails with a code');
  // A caller in JavaScript may hand in anything.
  const strings: Iterable<Uint8Array> = JSON.parse('["a"]');
  const wrong = (async function* () {
    yield* strings;
  })();
  await refuses(store.put(KEY, wrong, put()), 'ERR_INVALID_ARGUMENT', 'put of a stream that yields text');
  await refuses(store.put(KEY, JSON.parse('"text"'), put()), 'ERR_INVALID_ARGUMENT', 'put of text');
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'old']);
  await leavesNothing(trial);
}

async function checkSilentStream(trial: ArtifactTrial): Promise<void> {
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
  const timeout = new AbortController();
  const write = trial.store.put(KEY, silent, put({ signal: timeout.signal }));
  timeout.abort(createError('ERR_TIMEOUT', 'too long'));
  await refuses(write, 'ERR_TIMEOUT', 'put whose signal aborts with ERR_TIMEOUT');
  assert.equal(await trial.store.stat(KEY), undefined);
  await leavesNothing(trial);
}

async function checkAbort(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  const gone = AbortSignal.abort('enough');
  await refuses(
    store.put(KEY, Buffer.from('x'), put({ signal: gone })),
    'ERR_ABORTED',
    'put with a signal that has aborted',
  );
  assert.equal(await store.stat(KEY), undefined);
  await store.put(KEY, Buffer.from('x'), put());
  await refuses(store.get(KEY, gone), 'ERR_ABORTED', 'get with a signal that has aborted');
  const reader = new AbortController();
  const stored = await store.get(KEY, reader.signal);
  reader.abort();
  assert.ok(stored);
  await refuses(collect(stored.body), 'ERR_ABORTED', 'reading the body after the signal of get has aborted');
  await leavesNothing(trial);
}

async function checkReplaced({ store }: ArtifactTrial): Promise<void> {
  const changes = [
    () => store.put(KEY, Buffer.from('other'), put()),
    // The same bytes are another version all the same.
    () => store.put(KEY, Buffer.from('first'), put()),
    () => store.delete(KEY),
  ];
  for (const change of changes) {
    await store.put(KEY, Buffer.from('first'), put());
    const stored = await store.get(KEY, new AbortController().signal);
    await change();
    assert.ok(stored);
    await refuses(collect(stored.body), 'ERR_ARTIFACT_CONFLICT', 'the first read of a body that was replaced');
  }
}
