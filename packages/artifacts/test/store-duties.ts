import type { ArtifactInfo, ArtifactPutOptions, ArtifactStore, Clock } from '@kb-labs/contracts';
import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';

export const clock: Clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };
export const key = { pluginId: '@acme/review', path: 'reports/2026.md' };

export function putOptions(options: Partial<ArtifactPutOptions> = {}): ArtifactPutOptions {
  return {
    contentType: 'text/plain',
    maxBytes: 1e6,
    ifExists: 'replace',
    signal: new AbortController().signal,
    ...options,
  };
}

export async function readAll(
  store: ArtifactStore,
  of: { pluginId: string; path: string } = key,
): Promise<string | undefined> {
  const stored = await store.get(of, new AbortController().signal);
  if (stored === undefined) return undefined;
  return Buffer.concat(await collect(stored.body)).toString();
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {
  // A store that had no artifact would make the test fail by not throwing.
}

export async function listAll(store: ArtifactStore, pluginId: string = key.pluginId): Promise<ArtifactInfo[]> {
  return collect(store.list(pluginId));
}

export const code = (value: string): unknown => expect.objectContaining({ code: value });

/** What every store owes, whatever it keeps its bytes in. `leftovers` lists what a failed write left behind. */
export function describeStoreDuties(
  make: () => Promise<{ store: ArtifactStore; leftovers: () => Promise<readonly string[]> }>,
): void {
  describe('keeps', () => {
    it('what was written, with what is known of it', async () => {
      const { store } = await make();
      const info = await store.put(key, Buffer.from('hello'), putOptions());
      expect(info).toEqual({
        uri: 'artifact://@acme/review/reports/2026.md',
        ...key,
        bytes: 5,
        contentType: 'text/plain',
        createdAt: clock.now(),
        sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
        location: expect.any(String),
      });
      expect(await store.stat(key)).toEqual(info);
      expect((await store.get(key, new AbortController().signal))?.info).toEqual(info);
      expect(await readAll(store)).toBe('hello');
    });

    it('streams, empty content and more than one chunk', async () => {
      const { store } = await make();
      const large = 'x'.repeat(700_000);
      await store.put(
        key,
        (async function* () {
          yield Buffer.from('a');
          yield Buffer.from('bc');
        })(),
        putOptions(),
      );
      expect(await readAll(store)).toBe('abc');
      await store.put(key, new Uint8Array(), putOptions());
      expect(await readAll(store)).toBe('');
      await store.put(key, Buffer.from(large), putOptions());
      expect(await readAll(store)).toBe(large);
    });

    it('its own copy of the bytes', async () => {
      const { store } = await make();
      const bytes = Buffer.from('hello');
      await store.put(key, bytes, putOptions());
      bytes.fill(0);
      expect(await readAll(store)).toBe('hello');
    });

    it('nothing where nothing was written', async () => {
      const { store } = await make();
      expect([await store.stat(key), await readAll(store), await store.delete(key), await listAll(store)]).toEqual([
        undefined,
        undefined,
        false,
        [],
      ]);
    });

    it('the last of two, and its content type', async () => {
      const { store } = await make();
      await store.put(key, Buffer.from('one'), putOptions());
      await store.put(key, Buffer.from('two'), putOptions({ contentType: 'text/markdown; charset=utf-8' }));
      expect([await readAll(store), (await store.stat(key))?.contentType]).toEqual([
        'two',
        'text/markdown; charset=utf-8',
      ]);
      expect(await listAll(store)).toHaveLength(1);
    });

    it('plugins apart, and lists each in the order of its paths', async () => {
      const { store } = await make();
      for (const path of ['b', 'a/c', 'a.md', 'a-b/c', 'Z'])
        await store.put({ ...key, path }, Buffer.from(path), putOptions());
      await store.put({ pluginId: 'review', path: 'other' }, Buffer.from('o'), putOptions());
      expect((await listAll(store)).map((info) => info.path)).toEqual(['Z', 'a-b/c', 'a.md', 'a/c', 'b']);
      expect((await listAll(store, 'review')).map((info) => info.path)).toEqual(['other']);
      expect(await listAll(store, 'nobody')).toEqual([]);
    });

    it('nothing after a deletion, and a folder gives its name free', async () => {
      const { store } = await make();
      await store.put({ ...key, path: 'a/b/c' }, Buffer.from('x'), putOptions());
      expect([await store.delete({ ...key, path: 'a/b/c' }), await store.delete({ ...key, path: 'a/b/c' })]).toEqual([
        true,
        false,
      ]);
      expect(await listAll(store)).toEqual([]);
      await store.put({ ...key, path: 'a' }, Buffer.from('x'), putOptions());
      expect((await listAll(store)).map((info) => info.path)).toEqual(['a']);
    });
  });

  describe('refuses', () => {
    it.each(['../x', '/x', 'a\\b', 'con', 'a\0', 'a.'])('the path %j in every call', async (path) => {
      const { store } = await make();
      const bad = { ...key, path };
      await expect(store.put(bad, Buffer.from('x'), putOptions())).rejects.toThrow(code('ERR_ARTIFACT_PATH_INVALID'));
      await expect(store.get(bad, new AbortController().signal)).rejects.toThrow(code('ERR_ARTIFACT_PATH_INVALID'));
      await expect(store.stat(bad)).rejects.toThrow(code('ERR_ARTIFACT_PATH_INVALID'));
      await expect(store.delete(bad)).rejects.toThrow(code('ERR_ARTIFACT_PATH_INVALID'));
    });

    it.each(['..', '.tmp', '.meta', '../x', '', 'A', '@a'])('the plugin %j', async (pluginId) => {
      const { store } = await make();
      await expect(store.put({ ...key, pluginId }, Buffer.from('x'), putOptions())).rejects.toThrow(
        code('ERR_INVALID_ARGUMENT'),
      );
      await expect(listAll(store, pluginId)).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
    });

    it.each([{ contentType: 'a\r\nb' }, { contentType: '' }, { maxBytes: -1 }, { maxBytes: Number.NaN }])(
      'the options %j',
      async (options) => {
        const { store } = await make();
        await expect(store.put(key, Buffer.from('x'), putOptions(options))).rejects.toThrow(
          code('ERR_INVALID_ARGUMENT'),
        );
      },
    );

    it.each([
      ['a.md', 'A.md'],
      ['é', 'e\u0301'],
      ['straße', 'STRASSE'],
      ['a', 'a\u200d'],
      ['x/Y', 'X/y'],
    ])('%j beside %j', async (first, second) => {
      const { store, leftovers } = await make();
      await store.put({ ...key, path: first }, Buffer.from('1'), putOptions());
      await expect(store.put({ ...key, path: second }, Buffer.from('2'), putOptions())).rejects.toThrow(
        code('ERR_ARTIFACT_CONFLICT'),
      );
      expect([
        await readAll(store, { ...key, path: first }),
        await store.stat({ ...key, path: second }),
        await leftovers(),
      ]).toEqual(['1', undefined, []]);
      await store.delete({ ...key, path: first });
      await store.put({ ...key, path: second }, Buffer.from('2'), putOptions());
      expect(await readAll(store, { ...key, path: second })).toBe('2');
    });

    it.each([
      ['a', 'a/b'],
      ['a/b', 'a'],
    ])('%j beside %j, a file and a folder of one name', async (first, second) => {
      const { store, leftovers } = await make();
      await store.put({ ...key, path: first }, Buffer.from('1'), putOptions());
      await expect(store.put({ ...key, path: second }, Buffer.from('2'), putOptions())).rejects.toThrow(
        code('ERR_ARTIFACT_CONFLICT'),
      );
      expect([
        await readAll(store, { ...key, path: first }),
        await store.stat({ ...key, path: second }),
        await leftovers(),
      ]).toEqual(['1', undefined, []]);
    });

    it('all but one of those that write a new name at the same time', async () => {
      const { store, leftovers } = await make();
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, n) =>
          store.put(key, Buffer.from(`${n}`), putOptions({ ifExists: 'fail', contentType: `text/x${n}` })),
        ),
      );
      const won = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
      const codes = results.filter((result) => result.status === 'rejected').map((result) => result.reason.code);
      expect([won.length, new Set(codes)]).toEqual([1, new Set(['ERR_ARTIFACT_CONFLICT'])]);
      expect([await store.stat(key), `text/x${await readAll(store)}`, await leftovers()]).toEqual([
        won[0],
        won[0]?.contentType,
        [],
      ]);
    });

    it.each([
      ['at once', new Uint8Array(11)],
      [
        'in a stream that never ends',
        (async function* () {
          for (;;) yield new Uint8Array(3);
        })(),
      ],
    ])('a byte too many %s', async (_, body) => {
      const { store, leftovers } = await make();
      await store.put(key, Buffer.from('old'), putOptions());
      await expect(store.put(key, body, putOptions({ maxBytes: 10 }))).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
      expect([await readAll(store), await leftovers()]).toEqual(['old', []]);
    });

    it('a stream that fails, that never yields, or that yields no bytes', async () => {
      const { store, leftovers } = await make();
      const failing = (async function* () {
        yield Buffer.from('a');
        throw new Error('broken');
      })();
      await expect(store.put(key, failing, putOptions())).rejects.toThrow(code('ERR_IO_FAILED'));
      const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
      const timeout = new AbortController();
      const write = store.put(key, silent, putOptions({ signal: timeout.signal }));
      timeout.abort(createError('ERR_TIMEOUT', 'too long'));
      await expect(write).rejects.toThrow(code('ERR_TIMEOUT'));
      const strings = JSON.parse('["a"]');
      await expect(
        store.put(
          key,
          (async function* () {
            yield* strings;
          })(),
          putOptions(),
        ),
      ).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
      await expect(store.put(key, JSON.parse('"text"'), putOptions())).rejects.toThrow(code('ERR_INVALID_ARGUMENT'));
      expect([await store.stat(key), await leftovers()]).toEqual([undefined, []]);
    });

    it('to begin or to go on after an abort', async () => {
      const { store, leftovers } = await make();
      await expect(
        store.put(key, Buffer.from('x'), putOptions({ signal: AbortSignal.abort('enough') })),
      ).rejects.toThrow(
        expect.objectContaining({
          code: 'ERR_ABORTED',
          message: 'the artifact was given up: enough',
          details: { reason: 'enough' },
        }),
      );
      await store.put(key, Buffer.from('x'), putOptions());
      const reader = new AbortController();
      const stored = await store.get(key, reader.signal);
      reader.abort();
      await expect(collect(stored?.body ?? emptyBody())).rejects.toThrow(code('ERR_ABORTED'));
      expect(await leftovers()).toEqual([]);
    });
  });
}
