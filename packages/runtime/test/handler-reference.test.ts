import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, constantFrom, property } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBelow, locateHandler, parseHandlerReference } from '../src/handler-reference.js';

describe('parseHandlerReference', () => {
  it.each([
    ['./review.js#handle', { file: './review.js', export: 'handle' }],
    ['./a b/ü/x.mts#$handle_1', { file: './a b/ü/x.mts', export: '$handle_1' }],
    ['./x.cjs#default', { file: './x.cjs', export: 'default' }],
    ['./..hidden/x.ts#größe', { file: './..hidden/x.ts', export: 'größe' }],
  ])('takes %s', (text, reference) => {
    expect(parseHandlerReference(text)).toEqual(reference);
  });

  it.each([
    'review.js#handle',
    '../other/x.js#handle',
    './../other/x.js#handle',
    './a/../../x.js#handle',
    './a/./x.js#handle',
    './a//x.js#handle',
    '/etc/x.js#handle',
    'C:/x.js#handle',
    './C:/x.js#handle',
    './a\\..\\x.js#handle',
    'file:///x.js#handle',
    'https://evil.test/x.js#handle',
    'data:text/javascript,1#handle',
    'node:fs#readFile',
    './x.js?v=1#handle',
    './%2e%2e/x.js#handle',
    './x.js',
    './x.js#',
    './x.js##handle',
    './x.json#handle',
    './x.node#handle',
    './x.wasm#handle',
    './.js/#handle',
    './x.js#__proto__',
    './x.js#constructor',
    './x.js#prototype',
    './x.js#default.x.y',
    './x.js#a-b',
    './x.js#1a',
    './x\0.js#handle',
    './x\n.js#handle',
    './\uD800.js#handle',
    `./${'x'.repeat(2000)}.js#handle`,
    '',
    '#',
  ])('refuses %j', (text) => {
    expect(() => parseHandlerReference(text)).toThrow(expect.objectContaining({ code: 'ERR_HANDLER_NOT_FOUND' }));
  });

  it('never yields a file with a segment that leads up', () => {
    const piece = constantFrom('.', '..', '/', '\\', 'a', '.js', '#', 'x', '%', '\0', '?', ' ');
    assert(
      property(array(piece, { maxLength: 12 }), (pieces) => {
        const file = fileOf(`./${pieces.join('')}`);
        return file === undefined || (isBelow(join('/plugin', file), '/plugin') && !file.split('/').includes('..'));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

function fileOf(text: string): string | undefined {
  try {
    return parseHandlerReference(text).file;
  } catch {
    // Refused, which the cases above look at.
    return undefined;
  }
}

describe('locateHandler', () => {
  let home: string;
  let root: string;

  beforeAll(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'kb-handler-')));
    root = join(home, 'plugin');
    await mkdir(join(root, 'dir.js'), { recursive: true });
    await mkdir(join(home, 'plugin-evil'));
    await writeFile(join(root, 'x.js'), '');
    await writeFile(join(root, 'notes.txt'), '');
    await writeFile(join(home, 'plugin-evil', 'x.js'), '');
    await symlink('../plugin-evil/x.js', join(root, 'out.js'));
    await symlink('../plugin-evil', join(root, 'out'));
    await symlink('x.js', join(root, 'in.js'));
    await symlink('loop.js', join(root, 'loop.js'));
    await symlink('notes.txt', join(root, 'notes.js'));
    await symlink('/dev/zero', join(root, 'zero.js'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it.each(['./x.js#handle', './in.js#handle'])('finds the real file of %s', async (text) => {
    await expect(locateHandler(parseHandlerReference(text), root)).resolves.toEqual({
      file: join(root, 'x.js'),
      export: 'handle',
    });
  });

  it.each([
    './out.js#handle', // A link to a file of another plugin.
    './out/x.js#handle', // The same by way of a folder.
    './loop.js#handle',
    './dir.js#handle',
    './notes.js#handle',
    './zero.js#handle',
    './missing.js#handle',
  ])('does not find %s, and says neither why nor where', async (text) => {
    const failure: unknown = await locateHandler(parseHandlerReference(text), root).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'ERR_HANDLER_NOT_FOUND' });
    expect(String(failure)).not.toContain(home);
  });
});
