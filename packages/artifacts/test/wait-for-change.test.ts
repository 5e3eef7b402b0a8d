import type { ArtifactStore, WatchableArtifactStore } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { code, putOptions } from './artifact-fixture.js';

const key = { pluginId: 'acme', path: 'deep/er/a' };

function over(store: ArtifactStore, clock?: { now(): number; monotonic(): number }): ArtifactBroker {
  return new ArtifactBroker({ store, pluginId: 'acme', rules: 'host', ...(clock === undefined ? {} : { clock }) });
}

/** The same store, with an account of how often it was looked at. */
function counted(store: WatchableArtifactStore) {
  const looks = { count: 0, onLook: async (): Promise<void> => undefined };
  const { stat } = store;
  store.stat = async (of) => {
    looks.count += 1;
    const info = await stat.call(store, of);
    await looks.onLook();
    return info;
  };
  return looks;
}

describe('waiting for an artifact', () => {
  it('ends at once where there is one', async () => {
    const broker = over(createMemoryArtifactStore());
    const info = await broker.write(key.path, 'x');
    expect(await broker.wait(key.path, { timeoutMs: 0 })).toEqual(info);
  });

  it('ends as soon as one is written, and looks only when something changes', async () => {
    const store = createMemoryArtifactStore();
    const broker = over(store);
    const looks = counted(store);
    const waiting = Promise.all(Array.from({ length: 3 }, () => broker.wait(key.path)));
    for (const path of ['other', 'deep/er/b']) await broker.write(path, 'x');
    const info = await broker.write(key.path, 'x');
    expect([await waiting, looks.count]).toEqual([[info, info, info], 6]);
  });

  it('misses nothing that is written between the look and the watch', async () => {
    const store = createMemoryArtifactStore();
    const looks = counted(store);
    looks.onLook = async () => {
      looks.onLook = async () => undefined;
      await store.put(key, Buffer.from('x'), putOptions());
    };
    const info = await over(store).wait(key.path, { timeoutMs: 10_000 });
    expect([info.bytes, looks.count]).toEqual([1, 2]);
  });

  it('goes on after one that is too old or has expired', async () => {
    const clock = { time: 5, now: () => clock.time, monotonic: () => 0 };
    const store = createMemoryArtifactStore({ clock });
    const broker = over(store, clock);
    await broker.write(key.path, 'expired', { version: '3.0.0', ttlMs: 1 });
    clock.time += 1;
    const waiting = broker.wait(key.path, { minVersion: '2.0.0' });
    await broker.write(key.path, 'none');
    await broker.write(key.path, 'old', { version: '1.9.9' });
    await broker.delete(key.path);
    const info = await broker.write(key.path, 'new', { version: '2.0.0' });
    expect(await waiting).toEqual(info);
  });

  it.each([
    ['has the version 1.9.9', '1.9.9'],
    ['has no version', undefined],
  ])('says at its end that the one that is there %s', async (has, version) => {
    const broker = over(createMemoryArtifactStore());
    await broker.write(key.path, 'old', version === undefined ? {} : { version });
    const waiting = broker.wait(key.path, { minVersion: '2.0.0', timeoutMs: 5 });
    await expect(waiting).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_TIMEOUT',
        message: `artifact://acme/deep/er/a ${has}, and 2.0.0 or a newer one did not come within 5 ms`,
        details: { elapsedMs: expect.any(Number), limitMs: 5, minVersion: '2.0.0', version },
      }),
    );
  });

  it('ends with its time, its signal or what went wrong, and leaves no watcher', async () => {
    const store = createMemoryArtifactStore();
    let watchers = 0;
    const { watch } = store;
    store.watch = (of, onChange) => {
      watchers += 1;
      const inner = watch.call(store, of, onChange);
      return {
        [Symbol.dispose]: () => {
          watchers -= 1;
          inner[Symbol.dispose]();
        },
      };
    };
    const broker = over(store);
    await expect(broker.wait(key.path, { timeoutMs: 5 })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_TIMEOUT', details: { elapsedMs: expect.any(Number), limitMs: 5 } }),
    );
    await expect(broker.wait(key.path, { signal: AbortSignal.abort('enough') })).rejects.toThrow(code('ERR_ABORTED'));
    const later = new AbortController();
    const waiting = broker.wait(key.path, { signal: later.signal });
    expect(watchers).toBe(1);
    later.abort(createError('ERR_TIMEOUT', 'the run is over'));
    await expect(waiting).rejects.toThrow('the run is over');
    const typed = [{ read: [{ from: 'self', paths: ['**'], types: ['image/*'] }], write: [] }];
    const denied = new ArtifactBroker({ store, pluginId: 'acme', rules: typed }).wait(key.path);
    await broker.write(key.path, 'x');
    await expect(denied).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    expect(watchers).toBe(0);
  });

  it('asks again and again where the store cannot be watched, or the system has no watcher left', async () => {
    const store = createMemoryArtifactStore();
    const blind: ArtifactStore = {
      put: (...parameters) => store.put(...parameters),
      get: (...parameters) => store.get(...parameters),
      stat: (of) => store.stat(of),
      list: (pluginId) => store.list(pluginId),
      delete: (of) => store.delete(of),
    };
    const exhausted: WatchableArtifactStore = {
      ...blind,
      watch: () => {
        throw createError('ERR_IO_FAILED', 'no watcher is left');
      },
    };
    const waiting = Promise.all([over(blind).wait(key.path), over(exhausted).wait(key.path)]);
    const info = await store.put(key, Buffer.from('x'), putOptions());
    expect(await waiting).toEqual([info, info]);
  });
});
