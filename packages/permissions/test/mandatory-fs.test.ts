import type { FsOperation } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../src/index.js';

const spec = { fs: { mode: 'readWrite', allow: ['.', '**', '.ssh', '.env', '.git/config'] } } as const;
const operations: readonly FsOperation[] = ['read', 'write', 'delete', 'list', 'stat'];

function allowed(path: string, platform: NodeJS.Platform = 'linux'): readonly FsOperation[] {
  const root = platform === 'win32' ? 'C:\\srv' : '/srv';
  const policy = compilePolicy(spec, { root, platform });
  return operations.filter((operation) => policy.check({ kind: 'fs', operation, path }).allowed);
}

const looking = ['read', 'list', 'stat'];

describe('what no rule allows', () => {
  it.each([
    '.ssh',
    '.ssh/id_rsa',
    'a/b/.ssh/config',
    '.aws/credentials',
    '.npmrc',
    'packages/a/.npmrc',
    '.env',
    '.env.local',
    'a/.envrc',
    '.git/hooks',
    '.git/hooks/pre-commit',
    'a/.git/config',
    '.git/config.lock',
    '.git/config.worktree',
    '.git/modules/sub/config',
    '.git/modules/sub/hooks/post-checkout',
    'x/../.ssh/id_rsa',
  ])('%s is out of reach', (path) => {
    expect(allowed(path)).toEqual([]);
  });

  it.each([
    '.git',
    'a/.git',
    '.git/HEAD',
    '.git/commondir',
    '.git/gitdir',
    '.git/info/attributes',
    '.git/objects/ab/cdef',
    '.git/modules/sub/HEAD',
    'a/b/.git/worktrees/w/commondir',
    '.GIT/commondir',
    '.Git',
    '.git /commondir',
    '.git./commondir',
    '.git::$INDEX_ALLOCATION/commondir',
    'git~1/commondir',
    'GIT~2',
    '.g\u{200C}it/commondir',
    '.\u{FF47}it/commondir',
    'node_modules/.bin',
    'node_modules/.bin/tsc',
    'a/node_modules/.bin/x',
  ])('%s may be looked at, and not be changed', (path) => {
    expect(allowed(path)).toEqual(looking);
  });

  it.each(['.GIT/config', '.Git/Hooks/pre-commit', '.git/CONFIG', '.git /config', 'git~1/hooks/x'])(
    '%s is out of reach on Linux as well',
    (path) => {
      expect(allowed(path)).toEqual([]);
    },
  );

  it('names the folder of git as what denies, whatever its spelling', () => {
    const policy = compilePolicy(spec, { root: '/srv', platform: 'linux' });
    expect(policy.check({ kind: 'fs', operation: 'write', path: 'a/.GIT/commondir' })).toEqual({
      allowed: false,
      reason: 'mandatory-deny',
      rule: '**/.git',
      origin: { source: 'mandatory', pointer: '' },
    });
  });

  it('a folder of what is kept may be written to, and not be deleted', () => {
    expect(allowed('node_modules')).toEqual(['read', 'write', 'list', 'stat']);
    expect(allowed('.')).toEqual(['read', 'write', 'list', 'stat']);
  });

  it.each([
    'env',
    'a.env',
    'ssh',
    '.gitignore',
    '.github/workflows/a.yml',
    'git',
    'a.git',
    'git~a',
    '.bin/a',
    'node_modules/a/.binary',
    'hooks',
    'config',
  ])('%s is a name as any other', (path) => {
    expect(allowed(path)).toEqual(operations);
  });

  it.each<[string, NodeJS.Platform]>([
    ['.SSH/id_rsa', 'darwin'],
    ['.Env', 'win32'],
    ['.GIT/Hooks/x', 'win32'],
    ['.g\u{200C}it/config', 'darwin'],
    ['.\u{FF45}nv', 'darwin'],
    ['.a\u{FF37}s', 'darwin'],
    ['.s\u{17F}h/id_rsa', 'darwin'],
  ])('%s is out of reach on %s', (path, platform) => {
    expect(allowed(path, platform)).toEqual([]);
  });
});
