import type { ArtifactStore } from '@kb-labs/contracts';
import { expect, it } from 'vitest';
import { code, key, putOptions, readAll } from './artifact-fixture.js';

/** What the stores of this package refuse beside what the kit asks of every store: names that cannot stand beside each other on some disk. */
export function describeStrictNames(
  make: () => Promise<{ store: ArtifactStore; leftovers: () => Promise<readonly string[]> }>,
): void {
  it.each([
    ['a.md', 'A.md'],
    ['é', 'e\u0301'],
    ['straße', 'STRASSE'],
    ['a', 'a\u200d'],
    ['x/Y', 'X/y'],
    ['a', 'a/b'],
    ['a/b', 'a'],
  ])('refuses %j beside %j', async (first, second) => {
    const { store, leftovers } = await make();
    const [taken, wanted] = [
      { ...key, path: first },
      { ...key, path: second },
    ];
    await store.put(taken, Buffer.from('1'), putOptions());
    const write = store.put(wanted, Buffer.from('2'), putOptions());
    await expect(write).rejects.toThrow(code('ERR_ARTIFACT_CONFLICT'));
    expect([await readAll(store, taken), await store.stat(wanted), await leftovers()]).toEqual(['1', undefined, []]);
    await store.delete(taken);
    await store.put(wanted, Buffer.from('2'), putOptions());
    expect(await readAll(store, wanted)).toBe('2');
  });

  it('lets one of those in that write names at the same time which differ by case alone', async () => {
    const { store, leftovers } = await make();
    const paths = ['a.md', 'A.md', 'a.MD', 'A.MD'];
    const writes = paths.map((path) => store.put({ ...key, path }, Buffer.from(path), putOptions()));
    const results = await Promise.allSettled(writes);
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.path] : []));
    expect([won.length, await leftovers()]).toEqual([1, []]);
    expect(await readAll(store, { ...key, path: won[0] ?? '' })).toBe(won[0]);
  });
}
