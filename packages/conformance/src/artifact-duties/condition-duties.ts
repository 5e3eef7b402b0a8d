import assert from 'node:assert/strict';
import type { ArtifactStore } from '@kb-labs/contracts';
import { show } from '../bench/assert-refused.js';
import { another, endings, KEY, leavesNothing, put, refuses, textOf } from './artifact-bench.js';
import type { ArtifactDuty, ArtifactTrial } from './artifact-bench.js';

const WRITERS = 16;

/** Of those who write or delete under a condition, one wins, and what stands there otherwise stays as it is. */
export const CONDITION_DUTIES: readonly ArtifactDuty[] = [
  { title: 'writes with ifNoneMatch only where nothing stands', check: checkIfNoneMatch },
  { title: 'writes with ifMatch only over the version with this etag', check: checkIfMatch },
  { title: 'takes what has expired for absent in a condition', check: checkExpired },
  { title: 'refuses both conditions at once, and those that are none', check: checkMalformed },
  { title: 'deletes with ifMatch only the version with this etag, also an expired one', check: checkDelete },
  {
    title: 'has one winner among those that write a new name at the same time',
    check: (trial) => checkWinner(trial, 'new'),
  },
  {
    title: 'has one winner among those that replace a version at the same time',
    check: (trial) => checkWinner(trial, 'match'),
  },
  { title: 'loses no change of those that read, change and write with ifMatch', check: checkCounter },
  { title: 'never deletes a newer version than the one that ifMatch names', check: checkDeleteRace },
];

async function checkIfNoneMatch(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  const info = await store.put(KEY, Buffer.from('one'), put({ ifNoneMatch: '*' }));
  await refuses(
    store.put(KEY, Buffer.from('two'), put({ ifNoneMatch: '*', contentType: 'text/two' })),
    'ERR_ARTIFACT_CONFLICT',
    'put with ifNoneMatch over an artifact',
  );
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'one']);
  await store.delete(KEY);
  await store.put(KEY, Buffer.from('three'), put({ ifNoneMatch: '*' }));
  assert.equal(await textOf(store), 'three');
  await leavesNothing(trial);
}

async function checkIfMatch(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  await refuses(
    store.put(KEY, Buffer.from('x'), put({ ifMatch: 'no-such-etag' })),
    'ERR_ARTIFACT_CONFLICT',
    'put with ifMatch where nothing stands',
  );
  assert.equal(await store.stat(KEY), undefined);
  const first = await store.put(KEY, Buffer.from('one'), put());
  const second = await store.put(KEY, Buffer.from('two'), put({ ifMatch: first.etag }));
  for (const ifMatch of [first.etag, '*', `"${second.etag}"`]) {
    const work = store.put(KEY, Buffer.from('three'), put({ ifMatch, version: '3.0.0' }));
    await refuses(work, 'ERR_ARTIFACT_CONFLICT', `put with ifMatch ${show(ifMatch)} over another etag`);
  }
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [second, 'two']);
  await store.delete(KEY);
  await refuses(
    store.put(KEY, Buffer.from('three'), put({ ifMatch: second.etag })),
    'ERR_ARTIFACT_CONFLICT',
    'put with the ifMatch of what was deleted',
  );
  assert.equal(await store.stat(KEY), undefined);
  await leavesNothing(trial);
}

async function checkExpired(trial: ArtifactTrial): Promise<void> {
  const { store, clock } = trial;
  const old = await store.put(KEY, Buffer.from('old'), put({ expiresAt: clock.now() + 1_000 }));
  clock.advance(999);
  await refuses(
    store.put(KEY, Buffer.from('early'), put({ ifNoneMatch: '*' })),
    'ERR_ARTIFACT_CONFLICT',
    'put with ifNoneMatch over what has not expired yet',
  );
  clock.advance(1);
  await refuses(
    store.put(KEY, Buffer.from('late'), put({ ifMatch: old.etag })),
    'ERR_ARTIFACT_CONFLICT',
    'put with the ifMatch of what has expired',
  );
  assert.equal(await textOf(store), 'old');
  const info = await store.put(KEY, Buffer.from('new'), put({ ifNoneMatch: '*' }));
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'new']);
  await leavesNothing(trial);
}

async function checkMalformed(trial: ArtifactTrial): Promise<void> {
  const { store } = trial;
  const info = await store.put(KEY, Buffer.from('one'), put());
  // A caller in JavaScript may hand in anything.
  const any: (text: string) => '*' = JSON.parse;
  const wrong = [
    { ifMatch: info.etag, ifNoneMatch: '*' as const },
    { ifMatch: '' },
    { ifNoneMatch: any(`"${info.etag}"`) },
    { ifMatch: any('1') },
  ];
  for (const options of wrong) {
    const work = store.put(KEY, Buffer.from('two'), put(options));
    await refuses(work, 'ERR_INVALID_ARGUMENT', `put with ${show(options)}`);
  }
  await refuses(store.delete(KEY, { ifMatch: '' }), 'ERR_INVALID_ARGUMENT', 'delete with an empty ifMatch');
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [info, 'one']);
}

async function checkDelete(trial: ArtifactTrial): Promise<void> {
  const { store, clock } = trial;
  assert.equal(await store.delete(KEY, { ifMatch: 'no-such-etag' }), false);
  const first = await store.put(KEY, Buffer.from('one'), put());
  const second = await store.put(KEY, Buffer.from('two'), put({ expiresAt: clock.now() + 1 }));
  await refuses(
    store.delete(KEY, { ifMatch: first.etag }),
    'ERR_ARTIFACT_CONFLICT',
    'delete with the ifMatch of an older version',
  );
  assert.deepEqual([await store.stat(KEY), await textOf(store)], [second, 'two']);
  clock.advance(1);
  await refuses(
    store.delete(KEY, { ifMatch: first.etag }),
    'ERR_ARTIFACT_CONFLICT',
    'delete with the ifMatch of an older version',
  );
  assert.equal(await store.delete(KEY, { ifMatch: second.etag }), true);
  assert.deepEqual([await store.stat(KEY), await store.delete(KEY, { ifMatch: second.etag })], [undefined, false]);
  await leavesNothing(trial);
}

async function checkWinner(trial: ArtifactTrial, kind: 'new' | 'match'): Promise<void> {
  const stores = await severalOf(trial);
  const before = kind === 'match' ? await trial.store.put(KEY, Buffer.from('old'), put()) : undefined;
  const condition = before === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: before.etag };
  const writes = Array.from({ length: WRITERS }, (_, n) =>
    storeAt(stores, n).put(KEY, Buffer.from(`${n}`), put({ ...condition, contentType: `text/x${n}` })),
  );
  const { values, codes } = await endings(writes);
  assert.deepEqual([values.length, codes.length, new Set(codes)], [1, WRITERS - 1, new Set(['ERR_ARTIFACT_CONFLICT'])]);
  const winner = values[0];
  assert.deepEqual(await trial.store.stat(KEY), winner);
  assert.equal(`text/x${await textOf(trial.store)}`, winner?.contentType);
  await leavesNothing(trial);
}

async function checkCounter(trial: ArtifactTrial): Promise<void> {
  const stores = await severalOf(trial);
  await trial.store.put(KEY, Buffer.from('0'), put());
  await Promise.all(Array.from({ length: 6 }, (_, n) => count(storeAt(stores, n), 4)));
  assert.equal(await textOf(trial.store), '24');
  await leavesNothing(trial);
}

/** Adds one, `times` times, each time until nobody came in between. */
async function count(store: ArtifactStore, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const { values, codes } = await endings([addOne(store)]);
    if (values.length > 0) done += 1;
    else assert.deepEqual(codes, ['ERR_ARTIFACT_CONFLICT']);
  }
}

async function addOne(store: ArtifactStore): Promise<unknown> {
  const info = await store.stat(KEY);
  assert.ok(info, 'a version was seen neither before nor after another replaced it');
  const sum = Number(await textOf(store)) + 1;
  // What was read may be newer than `info`; then the condition does not hold.
  return store.put(KEY, Buffer.from(`${sum}`), put({ ifMatch: info.etag }));
}

async function checkDeleteRace(trial: ArtifactTrial): Promise<void> {
  const other = await another(trial);
  for (let round = 0; round < 20; round += 1) {
    const old = await trial.store.put(KEY, Buffer.from('old'), put());
    const changes = [
      () => trial.store.delete(KEY, { ifMatch: old.etag }),
      () => other.put(KEY, Buffer.from(`new ${round}`), put()),
    ];
    // Each of them is the first to begin in half of the rounds.
    if (round % 2 === 1) changes.reverse();
    const { codes } = await endings<unknown>(changes.map((change) => change()));
    assert.deepEqual(
      codes.filter((code) => code !== 'ERR_ARTIFACT_CONFLICT'),
      [],
    );
    assert.equal(await textOf(trial.store), `new ${round}`);
  }
  await leavesNothing(trial);
}

async function severalOf(trial: ArtifactTrial): Promise<readonly ArtifactStore[]> {
  return [trial.store, await another(trial), await another(trial)];
}

function storeAt(stores: readonly ArtifactStore[], place: number): ArtifactStore {
  const store = stores[place % stores.length];
  assert.ok(store);
  return store;
}
