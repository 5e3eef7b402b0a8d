import { describeArtifactStore } from '@kb-labs/conformance';
import { describe, expect, it } from 'vitest';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { createOverlayStore } from '../src/overlay-store.js';
import { code, collect, key, listAll, putOptions, readAll } from './artifact-fixture.js';

describeArtifactStore('over another one', (clock) => ({
  store: createOverlayStore(createMemoryArtifactStore({ clock }), { clock }),
}));

async function setUp() {
  const base = createMemoryArtifactStore();
  for (const path of ['a', 'b', 'd']) await base.put({ ...key, path }, Buffer.from(`base ${path}`), putOptions());
  const before = await snapshot();
  async function snapshot(): Promise<readonly unknown[]> {
    const infos = await listAll(base);
    return Promise.all(infos.map(async (info) => [info, await readAll(base, info)]));
  }
  return { base, store: createOverlayStore(base), unchanged: async () => expect(await snapshot()).toEqual(before) };
}
const at = (path: string) => ({ ...key, path });

describe('an overlay', () => {
  it('shows what is below until it is replaced or deleted, and changes nothing there', async () => {
    const { store, unchanged } = await setUp();
    await store.put(at('b'), Buffer.from('over b'), putOptions());
    await store.put(at('c'), Buffer.from('over c'), putOptions());
    expect(await store.delete(at('a'))).toBe(true);
    const texts = await Promise.all(['a', 'b', 'c', 'd'].map((path) => readAll(store, at(path))));
    expect(texts).toEqual([undefined, 'over b', 'over c', 'base d']);
    expect((await listAll(store)).map(({ path }) => path)).toEqual(['b', 'c', 'd']);
    await store.put(at('a'), Buffer.from('over a'), putOptions());
    await store.delete(at('a'));
    expect([await store.stat(at('a')), await store.delete(at('a'))]).toEqual([undefined, false]);
    await unchanged();
  });

  it('says where its own artifacts lie', async () => {
    const { store } = await setUp();
    const info = await store.put(at('b'), Buffer.from('over b'), putOptions());
    expect([info.location, (await store.stat(at('a')))?.location]).toEqual([
      'dry-run:artifact://@acme/review/b',
      'artifact://@acme/review/a',
    ]);
  });

  it('holds conditions against what is seen, wherever it lies', async () => {
    const { base, store, unchanged } = await setUp();
    const below = await base.stat(at('a'));
    const ifMatch = below?.etag ?? '';
    await expect(store.put(at('a'), Buffer.from('x'), putOptions({ ifNoneMatch: '*' }))).rejects.toThrow(
      code('ERR_ARTIFACT_CONFLICT'),
    );
    const over = await store.put(at('a'), Buffer.from('x'), putOptions({ ifMatch }));
    for (const write of [
      store.put(at('a'), Buffer.from('y'), putOptions({ ifMatch })),
      store.delete(at('a'), { ifMatch }),
    ]) {
      await expect(write).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    }
    expect(await store.delete(at('a'), { ifMatch: over.etag })).toBe(true);
    await store.put(at('a'), Buffer.from('z'), putOptions({ ifNoneMatch: '*' }));
    expect(await readAll(store, at('a'))).toBe('z');
    await unchanged();
  });

  it('notices that what was looked up below has been replaced above', async () => {
    const { store } = await setUp();
    const stored = await store.get(at('a'), new AbortController().signal);
    await store.put(at('a'), Buffer.from('x'), putOptions());
    if (stored === undefined) throw new Error('nothing is stored');
    await expect(collect(stored.body)).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
  });

  it('holds no more than it may, deletions included', async () => {
    const { base, unchanged } = await setUp();
    const store = createOverlayStore(base, { maxBytes: 4, maxChanges: 2 });
    await expect(store.put(at('x'), Buffer.alloc(5), putOptions())).rejects.toThrow(code('ERR_IO_FAILED'));
    await store.delete(at('a'));
    await store.delete(at('b'));
    await expect(store.delete(at('d'))).rejects.toThrow(code('ERR_IO_FAILED'));
    await expect(store.put(at('x'), Buffer.alloc(4), putOptions())).rejects.toThrow(code('ERR_IO_FAILED'));
    expect((await listAll(store)).map(({ path }) => path)).toEqual(['d']);
    await unchanged();
  });

  it('can be watched where what is below can, and tells of changes to both', async () => {
    const { base, store } = await setUp();
    if (!('watch' in store) || typeof store.watch !== 'function') throw new Error('it cannot be watched');
    let calls = 0;
    const watch: Disposable = store.watch(key, () => (calls += 1));
    await base.put(key, Buffer.from('x'), putOptions());
    await store.put(key, Buffer.from('y'), putOptions());
    watch[Symbol.dispose]();
    await store.delete(key);
    expect(calls).toBe(2);
    const { put, get, stat, list, delete: remove } = base;
    const blind = { put, get, stat, list, delete: remove };
    expect('watch' in createOverlayStore(blind)).toBe(false);
  });

  it.each<[string, Record<string, unknown>]>([
    ['/maxArtifacts', { maxArtifacts: 10 }],
    ['/maxBytes', { maxBytes: -1 }],
    ['/maxChanges', { maxChanges: '2' }],
    ['/clock', { clock: {} }],
  ])('refuses the option that is wrong at %s', (pointer, options) => {
    expect(() => createOverlayStore(createMemoryArtifactStore(), options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
