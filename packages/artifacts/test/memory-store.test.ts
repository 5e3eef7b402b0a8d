import { describeArtifactStore } from '@kb-labs/conformance';
import { describe, expect, it } from 'vitest';
import { createMemoryArtifactStore } from '../src/memory-store.js';
import { code, key, putOptions, readAll } from './artifact-fixture.js';
import { describeStrictNames } from './strict-names.js';

describeArtifactStore('in memory', (clock) => ({ store: createMemoryArtifactStore({ clock }) }));

describe('the memory store', () => {
  describeStrictNames(async () => ({ store: createMemoryArtifactStore(), leftovers: async () => [] }));

  it('refuses what does not fit, and gives back what failed, was replaced or deleted', async () => {
    const store = createMemoryArtifactStore({ maxBytes: 10 });
    await expect(store.put(key, Buffer.alloc(11), putOptions())).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_IO_FAILED', details: { errno: 'ENOSPC', limit: 10 } }),
    );
    await store.put(key, Buffer.alloc(4), putOptions());
    await store.put(key, Buffer.alloc(6), putOptions());
    await store.put({ ...key, path: 'b' }, Buffer.alloc(4), putOptions());
    await expect(store.put({ ...key, path: 'c' }, Buffer.alloc(1), putOptions())).rejects.toThrow(
      code('ERR_IO_FAILED'),
    );
    await store.delete(key);
    await store.put({ ...key, path: 'c' }, Buffer.alloc(6), putOptions());
    expect((await store.stat({ ...key, path: 'c' }))?.bytes).toBe(6);
  });

  it('hands out copies', async () => {
    const store = createMemoryArtifactStore();
    await store.put(key, Buffer.from('hello'), putOptions());
    const stored = await store.get(key, new AbortController().signal);
    for await (const chunk of stored?.body ?? []) chunk.fill(0);
    expect(await readAll(store)).toBe('hello');
  });

  it.each<[string, Record<string, unknown>]>([
    ['/maxbytes', { maxbytes: 10 }],
    ['/directory', { directory: '/tmp' }],
    ['/clock', { clock: {} }],
  ])('refuses the option that is wrong at %s', (pointer, options) => {
    expect(() => createMemoryArtifactStore(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });

  it.each([-1, Number.NaN])('has no room of %s bytes', (maxBytes) => {
    expect(() => createMemoryArtifactStore({ maxBytes })).toThrow(code('ERR_CONFIG_INVALID'));
  });
});
