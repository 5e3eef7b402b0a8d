import {
  chmod,
  cp,
  link,
  mkdir,
  open as openFile,
  readFile,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describeArtifactStore } from '@kb-labs/conformance';
import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createFileArtifactStore } from '../src/file-store.js';
import { code, collect, key, listAll, putOptions, readAll } from './artifact-fixture.js';
import { describeStrictNames } from './strict-names.js';
import { filesBelow, temporaryFolder } from './temporary-folder.js';

const posix = process.platform !== 'win32';

describeArtifactStore('of files', async (clock) => {
  const directory = join(await temporaryFolder(), 'store');
  const open = () => createFileArtifactStore({ directory, clock });
  return {
    store: open(),
    open,
    leftovers: () => filesBelow(join(directory, '.tmp')),
    damage: async ({ pluginId, path }) => {
      await using file = await openFile(join(directory, pluginId, path), 'r+');
      await file.write('jello', 7);
    },
  };
});

describe('the file store', () => {
  describeStrictNames(async () => {
    const directory = await temporaryFolder();
    return { store: createFileArtifactStore({ directory }), leftovers: () => filesBelow(join(directory, '.tmp')) };
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['/maxBytes', { maxBytes: 10 }, 'use "directory", "clock", or leave it out'],
    ['/clock', { clock: { monotonic: () => 0 } }, undefined],
    ['/directory', { directory: '' }, undefined],
  ])('refuses the option that is wrong at %s', (pointer, wrong, hint) => {
    const options = { directory: '/nowhere', ...wrong };
    expect(() => createFileArtifactStore(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer }, hint }),
    );
  });

  it('makes its directory on the first write, and files that a person can open', async () => {
    const directory = join(await temporaryFolder(), 'deep/store');
    const store = createFileArtifactStore({ directory });
    await store.stat(key);
    await expect(stat(directory)).rejects.toThrow(code('ENOENT'));
    const info = await store.put(key, Buffer.from('hello'), putOptions());
    expect(info.location).toBe(join(directory, '@acme/review/reports/2026.md'));
    expect(await readFile(info.location, 'utf8')).toBe('hello');
    expect(await filesBelow(directory)).toEqual([expect.stringMatching(/^\.meta\//), '@acme/review/reports/2026.md']);
  });

  it.runIf(posix)('gives nobody else a right', async () => {
    const directory = join(await temporaryFolder(), 'store');
    const info = await createFileArtifactStore({ directory }).put(key, Buffer.from('x'), putOptions());
    const modes = await Promise.all(
      [directory, join(directory, '.meta'), join(directory, '@acme/review/reports'), info.location].map((path) =>
        stat(path),
      ),
    );
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '700', '600']);
  });

  it('finds everything again in a new store, and in a copy of the directory', async () => {
    const folder = await temporaryFolder();
    const first = createFileArtifactStore({ directory: join(folder, 'a') });
    const info = await first.put(key, Buffer.from('hello'), putOptions());
    await cp(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    const copy = createFileArtifactStore({ directory: join(folder, 'b') });
    expect(await copy.stat(key)).toEqual({ ...info, location: join(folder, 'b', key.pluginId, key.path) });
    expect(await readAll(copy)).toBe('hello');
    await copy.put(key, Buffer.from('again'), putOptions());
    expect([await readAll(copy), (await filesBelow(join(folder, 'b'))).length]).toEqual(['again', 2]);
  });

  it('tells versions of one size apart by their hash where the inode tells nothing', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const info = await store.put(key, Buffer.from('one'), putOptions({ contentType: 'text/one' }));
    const [before = ''] = await filesBelow(directory);
    const kept = await readFile(join(directory, before));
    await store.put(key, Buffer.from('two'), putOptions({ contentType: 'text/two' }));
    // As after a crash before the old metadata was removed, and a move to another disk.
    await writeFile(join(directory, before), kept);
    await cp(info.location, `${info.location}.copy`);
    await rename(`${info.location}.copy`, info.location);
    const moved = createFileArtifactStore({ directory });
    expect([await readAll(moved), (await moved.stat(key))?.contentType]).toEqual(['two', 'text/two']);
  });

  it('says that changed bytes are not those that were written', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const { location } = await store.put(key, Buffer.from('hello'), putOptions());
    await writeFile(location, 'jello');
    await expect(readAll(store)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    await writeFile(location, 'longer than before');
    await expect(readAll(store)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    await unlink(location);
    await writeFile(location, 'put there by hand');
    await expect(readAll(store)).rejects.toThrow(code('ERR_ARTIFACT_CORRUPT'));
    await store.put(key, Buffer.from('again'), putOptions());
    expect(await readAll(store)).toBe('again');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a path that leads out of the store', { pluginId: '..', path: 'outside.txt' }],
    ['half a byte', { bytes: 0.5 }],
    ['a content type with a line break', { contentType: 'text/plain\r\nx-header: 1' }],
    ['a version of a megabyte', { version: '1'.repeat(1_000_000) }],
    ['a version with a control character', { schemaVersion: '\u001b[2J' }],
    ['a time to expire at that is none', { expiresAt: -1 }],
  ])('believes no metadata with %s, which a hostile checkout may bring along', async (_, forged) => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'store');
    await writeFile(join(folder, 'outside.txt'), 'hello');
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('hello'), putOptions());
    const [file = ''] = await filesBelow(join(directory, '.meta'));
    const other = await store.put({ ...key, path: 'other.md' }, Buffer.from('other'), putOptions());
    const written: unknown = JSON.parse(await readFile(join(directory, '.meta', file), 'utf8'));
    await writeFile(join(directory, '.meta', file), JSON.stringify(Object.assign({}, written, forged)));
    expect(await listAll(store)).toEqual([other]);
    await store.put(key, Buffer.from('again'), putOptions());
    expect((await listAll(store)).map(({ path }) => path)).toEqual([other.path, key.path]);
  });

  it('passes over what lies among its metadata and is none', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('hello'), putOptions());
    const [file = ''] = await filesBelow(join(directory, '.meta'));
    const beside = (id: string): string => join(directory, '.meta', file.replace(/\.[^.]+\.json$/, `.${id}.json`));
    await mkdir(beside('folder'));
    const written: unknown = JSON.parse(await readFile(join(directory, '.meta', file), 'utf8'));
    const forged = JSON.stringify(Object.assign({}, written, { contentType: 'text/forged', createdAt: 2 ** 50 }));
    await writeFile(beside('large'), forged.padEnd(16_385));
    expect([await readAll(store), (await store.stat(key))?.contentType]).toEqual(['hello', 'text/plain']);
    await store.put(key, Buffer.from('again'), putOptions());
    expect(await readAll(store)).toBe('again');
  });

  it('does not list files that it did not write', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    const { location } = await store.put(key, Buffer.from('hello'), putOptions());
    await writeFile(`${location}.bak`, 'x');
    await writeFile(join(directory, key.pluginId, 'bad\nname'), 'x');
    expect((await listAll(store)).map((info) => info.path)).toEqual([key.path]);
  });

  it('shows a reader one whole version with its own metadata while others replace it', async () => {
    const directory = await temporaryFolder();
    const stores = [createFileArtifactStore({ directory }), createFileArtifactStore({ directory })];
    const progress = { writing: true };
    const writers = stores.map(async (store, writer) => {
      for (let n = 0; n < 25; n += 1) {
        const contentType = `text/v${writer}-${n}`;
        await store.put(key, Buffer.from(contentType.padEnd(40)), putOptions({ contentType }));
      }
    });
    const done = Promise.all(writers).finally(() => {
      progress.writing = false;
    });
    let seen = 0;
    const reader = createFileArtifactStore({ directory });
    while (progress.writing) {
      const stored = await reader.get(key, new AbortController().signal);
      if (stored === undefined) continue;
      const { contentType } = stored.info;
      // Replaced between the look-up and the first byte: said, never mixed.
      const text = await collect(stored.body).then(
        (chunks) => Buffer.concat(chunks).toString().trim(),
        (error: unknown) => (isPluginError(error) ? error.code : error),
      );
      expect([contentType, 'ERR_ARTIFACT_CONFLICT']).toContain(text);
      seen += Number(text === contentType);
    }
    await done;
    expect(seen).toBeGreaterThan(0);
    expect(await filesBelow(directory)).toEqual([expect.stringMatching(/^\.meta\//), `${key.pluginId}/${key.path}`]);
  });
});

describe.runIf(posix)('links below the directory', () => {
  it('are replaced at the final name, and what they lead to stays as it was', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'store');
    const store = createFileArtifactStore({ directory });
    await writeFile(join(folder, 'victim'), 'victim');
    await mkdir(join(directory, '@acme/review/reports'), { recursive: true });
    await symlink(join(folder, 'victim'), join(directory, key.pluginId, key.path));
    await expect(store.stat(key)).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    await expect(store.get(key, new AbortController().signal)).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    await expect(store.delete(key)).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    await expect(store.put(key, Buffer.from('x'), putOptions({ ifNoneMatch: '*' }))).rejects.toThrow(
      code('ERR_ARTIFACT_CONFLICT'),
    );
    await store.put(key, Buffer.from('x'), putOptions());
    expect([await readAll(store), await readFile(join(folder, 'victim'), 'utf8')]).toEqual(['x', 'victim']);
  });

  it.each(['', '.tmp', '.meta', '@acme', '@acme/review', '@acme/review/reports'])(
    'are refused in place of the folder %j',
    async (place) => {
      const folder = await temporaryFolder();
      const directory = join(folder, 'store');
      const store = createFileArtifactStore({ directory });
      await store.put(key, Buffer.from('x'), putOptions());
      await rename(join(directory, place), join(folder, 'outside'));
      await symlink(join(folder, 'outside'), join(directory, place));
      const before = await filesBelow(join(folder, 'outside'));
      await expect(store.put(key, Buffer.from('y'), putOptions())).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
      expect(await filesBelow(join(folder, 'outside'))).toEqual(before);
      if (place === '.tmp') return;
      await expect(readAll(store)).rejects.toThrow(code('ERR_PERMISSION_DENIED'));
    },
  );

  it('are not listed', async () => {
    const folder = await temporaryFolder();
    const store = createFileArtifactStore({ directory: join(folder, 'store') });
    const { location } = await store.put(key, Buffer.from('x'), putOptions());
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside/secret'), 's');
    await symlink(join(folder, 'outside'), `${location}-folder`);
    await symlink(join(folder, 'outside/secret'), `${location}-file`);
    expect((await listAll(store)).map((info) => info.path)).toEqual([key.path]);
  });

  it('with a second name elsewhere lose it on a replacement, and that file stays as it was', async () => {
    const folder = await temporaryFolder();
    const store = createFileArtifactStore({ directory: join(folder, 'store') });
    const { location } = await store.put(key, Buffer.from('one'), putOptions());
    await link(location, join(folder, 'second'));
    await store.put(key, Buffer.from('two'), putOptions());
    expect([await readAll(store), await readFile(join(folder, 'second'), 'utf8')]).toEqual(['two', 'one']);
    await chmod(location, 0o400);
    await store.put(key, Buffer.from('three'), putOptions());
    expect(await readAll(store)).toBe('three');
  });
});
