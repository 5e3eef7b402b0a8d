import { linkSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFsTarget } from '@kb-labs/permissions';
import { describe, expect, it } from 'vitest';
import { openDisk } from '../../src/fs/disk-directory.js';
import { writeAll } from '../../src/fs/file-bytes.js';
import { createFileTree } from '../../src/fs/file-tree.js';
import type { FileTree } from '../../src/fs/file-tree.js';
import { openFile } from '../../src/fs/open-file.js';
import { replaceFile } from '../../src/fs/replace-file.js';
import { makeFolder } from '../open-host.js';

/** The walk of platforms without `/proc/self/fd`, over the real disk of this one. */
function openTree(root: string): FileTree {
  return createFileTree(() => openDisk({ root, sameDevice: true, platform: 'darwin' }));
}

async function readThrough(tree: FileTree, root: string, path: string): Promise<string> {
  using place = tree.locate(parseFsTarget(path, { root }));
  using file = openFile(place, 'read');
  const bytes = Buffer.alloc(64);
  return bytes.toString('utf8', 0, await file.read(bytes));
}

describe('the walk without descriptors', () => {
  it('reads what is inside and follows no link that stands there', async () => {
    const outer = makeFolder();
    const root = join(outer, 'ws');
    mkdirSync(join(root, 'a/b'), { recursive: true });
    writeFileSync(join(root, 'a/b/file'), 'inside');
    writeFileSync(join(outer, 'file'), 'SECRET');
    symlinkSync('../..', join(root, 'a/up'));
    symlinkSync('../../file', join(root, 'a/link'));
    using tree = openTree(root);
    expect(await readThrough(tree, root, 'a/b/file')).toBe('inside');
    await expect(readThrough(tree, root, 'a/up/file')).rejects.toMatchObject({ refusal: 'link' });
    await expect(readThrough(tree, root, 'a/link')).rejects.toMatchObject({ refusal: 'link' });
    await expect(readThrough(tree, root, '../file')).rejects.toMatchObject({ refusal: 'outside-root' });
    await expect(readThrough(tree, root, 'a/b/file/x')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(readThrough(tree, root, 'none/x')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a root that is not real', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'real/in'), { recursive: true });
    symlinkSync('real', join(outer, 'link'));
    for (const [root, refusal] of [
      [join(outer, 'link'), 'link'],
      [join(outer, 'link/in'), 'root-moved'],
    ] as const) {
      using tree = openTree(root);
      await expect(readThrough(tree, root, 'x')).rejects.toMatchObject({ refusal });
    }
    expect(realpathSync(outer)).toBe(outer);
  });

  it('replaces a file, but none with a second name', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'a');
    writeFileSync(join(root, 'b'), 'b');
    linkSync(join(root, 'b'), join(root, 'c'));
    using tree = openTree(root);
    const context = { signal: new AbortController().signal, closing: new AbortController().signal, spanId: undefined };
    using place = tree.locate(parseFsTarget('a', { root }));
    await replaceFile(place, context, { fill: (file) => writeAll(file, Buffer.from('new'), context) });
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('new');
    using linked = tree.locate(parseFsTarget('b', { root }));
    await expect(replaceFile(linked, context, { fill: async () => undefined })).rejects.toMatchObject({
      refusal: 'hard-link',
    });
  });
});
