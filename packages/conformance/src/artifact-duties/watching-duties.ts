import assert from 'node:assert/strict';
import type { ArtifactKey, ArtifactStore, WatchableArtifactStore } from '@kb-labs/contracts';
import { another, KEY, put } from './artifact-bench.js';
import type { ArtifactDuty, ArtifactTrial } from './artifact-bench.js';

/** What a store that can be watched tells. One that cannot has no `watch`. */
export const WATCHING_DUTIES: readonly ArtifactDuty[] = [
  {
    title: 'tells of each write and deletion of what is watched, by whomever',
    needs: 'watch',
    async check(trial) {
      const stores = [trial.store, await another(trial)];
      for (const key of [KEY, { ...KEY, path: 'deep/er/than/before' }, { pluginId: 'other', path: 'a' }]) {
        for (const store of stores) {
          await told(trial, key, () => store.put(key, Buffer.from('x'), put()));
          await told(trial, key, () => store.put(key, Buffer.from('y'), put()));
          await told(trial, key, () => store.delete(key));
        }
      }
    },
  },
  {
    title: 'tells one watcher of many changes in turn, though its folder comes and goes',
    needs: 'watch',
    async check({ store }) {
      const calls = counter();
      const watch = watchable(store).watch(KEY, calls.count);
      for (let round = 0; round < 5; round += 1) {
        for (const change of [() => store.put(KEY, Buffer.from(`${round}`), put()), () => store.delete(KEY)]) {
          const next = calls.next();
          await change();
          await next;
        }
      }
      watch[Symbol.dispose]();
    },
  },
  {
    title: 'tells nothing after the watch was disposed, which may be done twice',
    needs: 'watch',
    async check(trial) {
      const calls = counter();
      const watch = watchable(trial.store).watch(KEY, calls.count);
      watch[Symbol.dispose]();
      watch[Symbol.dispose]();
      // By the time that a second watcher has heard of it, the first would have.
      await told(trial, KEY, () => trial.store.put(KEY, Buffer.from('x'), put()));
      assert.equal(calls.seen(), 0);
    },
  },
  {
    title: 'writes and tells the others although one watcher throws',
    needs: 'watch',
    async check(trial) {
      const watch = watchable(trial.store).watch(KEY, () => {
        throw new Error('a watcher that throws');
      });
      await told(trial, KEY, () => trial.store.put(KEY, Buffer.from('x'), put()));
      watch[Symbol.dispose]();
    },
  },
];

/** Tells whether a store can be watched. */
export function isWatchable(store: ArtifactStore): store is WatchableArtifactStore {
  return 'watch' in store && typeof store.watch === 'function';
}

function watchable(store: ArtifactStore): WatchableArtifactStore {
  assert.ok(isWatchable(store));
  return store;
}

/** Resolves once a watch that began before the change has told of it. */
async function told({ store }: ArtifactTrial, key: ArtifactKey, change: () => Promise<unknown>): Promise<void> {
  const calls = counter();
  const watch = watchable(store).watch(key, calls.count);
  const next = calls.next();
  await change();
  await next;
  watch[Symbol.dispose]();
}

function counter(): { count: () => void; seen: () => number; next: () => Promise<void> } {
  let seen = 0;
  let wake = (): void => undefined;
  return {
    count: () => {
      seen += 1;
      wake();
    },
    seen: () => seen,
    next: () => new Promise((resolve) => (wake = resolve)),
  };
}
