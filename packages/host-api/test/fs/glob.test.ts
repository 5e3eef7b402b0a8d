import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

function makeTree(): string {
  const outer = makeFolder();
  const root = join(outer, 'ws');
  for (const folder of ['src/deep/er', 'src/private', 'docs']) mkdirSync(join(root, folder), { recursive: true });
  const files = [
    'a.ts',
    'src/b.ts',
    'src/c.js',
    'src/.hidden.ts',
    'src/deep/d.ts',
    'src/deep/er/e.ts',
    'src/private/f.ts',
    'docs/g.md',
  ];
  for (const file of files) writeFileSync(join(root, file), '');
  writeFileSync(join(outer, 'out.ts'), '');
  symlinkSync('../..', join(root, 'src/up'));
  symlinkSync('b.ts', join(root, 'src/link.ts'));
  return root;
}

describe('fs.glob', () => {
  it.each([
    ['**/*.ts', ['a.ts', 'src/.hidden.ts', 'src/b.ts', 'src/deep/d.ts', 'src/deep/er/e.ts']],
    ['*.ts', ['a.ts']],
    ['src/*.ts', ['src/.hidden.ts', 'src/b.ts']],
    ['src/*/?.ts', ['src/deep/d.ts']],
    ['./src/deep', ['src/deep/d.ts', 'src/deep/er/e.ts']],
    ['src/b.ts', ['src/b.ts']],
    ['docs/**', ['docs/g.md']],
    ['docs/*.ts', []],
  ])('%s', async (pattern, files) => {
    const { call } = openHost(makeTree(), { fs: { mode: 'read', allow: ['.'], deny: ['src/private'] } });
    expect(await call('fs.glob', pattern)).toEqual(files);
  });

  it('finds with a glob what the same glob grants, and lists nothing else', async () => {
    const { call } = openHost(makeTree(), { fs: { mode: 'read', allow: ['src/**/*.ts'] } });
    expect(await call('fs.glob', 'src/**/*.ts')).toEqual([
      'src/.hidden.ts',
      'src/b.ts',
      'src/deep/d.ts',
      'src/deep/er/e.ts',
      'src/private/f.ts',
    ]);
    expect(await call('fs.readDir', '.')).toEqual([{ name: 'src', kind: 'directory' }]);
    expect(await call('fs.readDir', 'src')).toEqual([
      { name: '.hidden.ts', kind: 'file' },
      { name: 'b.ts', kind: 'file' },
      { name: 'deep', kind: 'directory' },
      { name: 'link.ts', kind: 'other' },
      { name: 'private', kind: 'directory' },
    ]);
    expect(await outcome(call('fs.stat', 'src/c.js'))).toBe('ERR_PERMISSION_DENIED not-requested');
  });

  it('refuses what no rule may be, and a folder that may not be listed', async () => {
    const { call, audits } = openHost(makeTree(), { fs: { mode: 'read', allow: ['docs/**'] } });
    for (const pattern of ['src/../*', '{a,b}', '!x', '+(a)', 'a\\b', '', 'x'.repeat(2_000), 7, '~/x', 'src**']) {
      expect([pattern, await outcome(call('fs.glob', pattern))]).toEqual([pattern, 'ERR_INVALID_ARGUMENT']);
    }
    for (const pattern of ['../*', '/etc/*', 'src/../../*']) {
      expect([pattern, await outcome(call('fs.glob', pattern))]).toEqual([
        pattern,
        'ERR_PERMISSION_DENIED outside-root',
      ]);
      expect(audits.at(-1)).toMatchObject({ operation: 'list', target: pattern, decision: { allowed: false } });
    }
    expect(await outcome(call('fs.glob', 'src/*.ts'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.glob', 'src/up/*.ts'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.glob', 'docs/none/*'))).toBe('ERR_IO_FAILED ENOENT');
  });

  it('never walks through a link', async () => {
    const { call } = openHost(makeTree(), EVERYTHING);
    expect(await outcome(call('fs.glob', 'src/up/*.ts'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await call('fs.glob', 'src/*/out.ts')).toEqual([]);
  });

  it('ends at its limit, at the quota and at an abort', async () => {
    const root = makeTree();
    const { api, call } = openHost(root, EVERYTHING);
    expect(await outcome(call('fs.glob', '**/*.ts', { limit: 2 }))).toBe('ERR_OUTPUT_EXCEEDED');
    expect(await outcome(call('fs.glob', '**/*.ts', { limit: 0 }))).toBe('ERR_INVALID_ARGUMENT');
    const tight = openHost(root, { ...EVERYTHING, quotas: { maxEntriesRead: 5 } });
    expect(await outcome(tight.call('fs.glob', '**'))).toBe('ERR_QUOTA_EXCEEDED');
    for (let n = 0; n < 200; n += 1) mkdirSync(join(root, `folder-${n}`));
    const controller = new AbortController();
    const walking = outcome(api.call('fs.glob', ['**'], { signal: controller.signal }));
    controller.abort();
    expect(await walking).toBe('ERR_ABORTED');
  });
});
