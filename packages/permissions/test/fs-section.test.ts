import type { FsOperation, PermissionDecision, PermissionSpec } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../src/index.js';
import type { CompilePolicyOptions } from '../src/index.js';

type Options = Partial<CompilePolicyOptions>;

function ask(
  spec: PermissionSpec['fs'],
  [operation, path]: [FsOperation, string],
  options: Options = {},
): PermissionDecision {
  const policy = compilePolicy({ fs: spec ?? null }, { root: '/srv/root', platform: 'linux', ...options });
  return policy.check({ kind: 'fs', operation, path });
}

const all = { mode: 'readWrite', allow: ['.'] } as const;

describe('file rules', () => {
  it.each<[string, string, boolean]>([
    ['.', 'a/b', true],
    ['.', '.', true],
    ['src', 'src', true],
    ['src', 'src/a/b', true],
    ['src', 'srcs', false],
    ['out', '../rootout/x', false],
    ['out', 'outside/x', false],
    ['./src', 'src/a', true],
    ['src/*', 'src/a', true],
    ['src/*', 'src/a/b', false],
    ['src/**', 'src/a/b', true],
    ['src/**', 'src', false],
    ['src/**/*.ts', 'src/a.ts', true],
    ['src/**/*.ts', 'src/a/b.ts', true],
    ['src/**/*.ts', 'src/a/b.js', false],
    ['*.md', '.md', true],
    ['data/**', 'data/%2e%2e/secret', true],
    ['data/**', 'data/../secret', false],
    ['data/**', 'data\\..\\..\\secret', false],
    ['data/**', '\u{FF0E}\u{FF0E}/secret', false],
    ['data/**', '~/.ssh/id_rsa', false],
  ])('allow %s, read %s → %s', (rule, path, allowed) => {
    expect(ask({ mode: 'read', allow: [rule] }, ['read', path]).allowed).toBe(allowed);
  });

  it('name the line that allows', () => {
    expect(ask({ mode: 'read', allow: ['lib', 'src'] }, ['read', 'src/a'])).toEqual({
      allowed: true,
      rule: 'src',
      origin: { source: 'grant', pointer: '/fs/allow/1' },
    });
  });

  it.each([
    undefined,
    null,
    { mode: 'readWrite' },
    { mode: 'readWrite', allow: null },
    { mode: 'readWrite', allow: [] },
  ] as const)('%j allows nothing', (spec) => {
    expect(ask(spec, ['read', 'a'])).toEqual({ allowed: false, reason: 'not-requested' });
  });

  it('deny what lies outside the root, whatever is allowed', () => {
    for (const path of ['..', '../secret', 'data/../../secret', '/etc/passwd', '/srv/root2']) {
      expect(ask(all, ['read', path])).toEqual({ allowed: false, reason: 'outside-root' });
    }
  });

  it('decide on an absolute path as on the relative one', () => {
    const spec = { mode: 'read', allow: ['data'] } as const;
    expect(ask(spec, ['read', '/srv/root/data/a'])).toEqual(ask(spec, ['read', 'data/a']));
  });

  it('of mode read never write', () => {
    const spec = { mode: 'read', allow: ['.'] } as const;
    const refused = {
      allowed: false,
      reason: 'read-only',
      rule: 'mode: read',
      origin: { source: 'grant', pointer: '/fs/mode' },
    };
    expect(ask(spec, ['write', 'a'])).toEqual(refused);
    expect(ask(spec, ['delete', 'a'])).toEqual(refused);
    expect((['read', 'list', 'stat'] as const).every((operation) => ask(spec, [operation, 'a']).allowed)).toBe(true);
  });

  it('let a folder be listed whose content is allowed, and not be deleted', () => {
    const spec = { mode: 'readWrite', allow: ['src/**'] } as const;
    expect(ask(spec, ['list', 'src']).allowed).toBe(true);
    expect(ask(spec, ['stat', 'src']).allowed).toBe(true);
    expect(ask(spec, ['delete', 'src']).allowed).toBe(false);
    expect(ask(spec, ['list', '.']).allowed).toBe(true);
    expect(ask(spec, ['stat', '.']).allowed).toBe(false);
    expect(ask(spec, ['list', 'other']).allowed).toBe(false);
  });

  it.each([
    ['src/**/*.ts', ['.', 'src', 'src/a', 'src/a/b'], ['lib', 'source']],
    ['packages/*/package.json', ['.', 'packages', 'packages/a'], ['packages/a/src', 'apps']],
    ['**/*.md', ['.', 'any', 'any/depth'], []],
  ])(
    'with the glob %s let the folders be listed that could hold a match, and no file in them be looked at',
    (rule, yes, no) => {
      const spec = { mode: 'read', allow: [rule] } as const;
      expect(yes.filter((path) => !ask(spec, ['list', path]).allowed)).toEqual([]);
      expect(no.filter((path) => ask(spec, ['list', path]).allowed)).toEqual([]);
      expect(
        ['stat', 'read', 'write', 'delete'].filter(
          (operation) => ask(spec, [operation as 'stat', 'src/key.pem']).allowed,
        ),
      ).toEqual([]);
    },
  );

  it('that deny a glob deny the listing of what it covers, and not of the folders above', () => {
    const spec = { mode: 'read', allow: ['.'], deny: ['src/**/*.key', 'private/**'] } as const;
    expect(['.', 'src', 'src/a'].filter((path) => !ask(spec, ['list', path]).allowed)).toEqual([]);
    expect(ask(spec, ['list', 'private']).allowed).toBe(false);
  });

  it('that deny beat those that allow, however narrow these are', () => {
    const spec = { mode: 'read', allow: ['.', 'a/b/c', 'a/b/c/d.txt'], deny: ['a/b', '**/*.key'] } as const;
    expect(ask(spec, ['read', 'a/b/c/d.txt'])).toEqual({
      allowed: false,
      reason: 'denied-by-rule',
      rule: 'a/b',
      origin: { source: 'grant', pointer: '/fs/deny/0' },
    });
    expect(ask(spec, ['read', 'x/y.key'])).toMatchObject({ reason: 'denied-by-rule', rule: '**/*.key' });
  });
});

describe('deleting a folder', () => {
  it.each<[string, string, boolean]>([
    ['data/private', 'data', false],
    ['data/private', 'data/private', false],
    ['data/private', 'data/other', true],
    ['data/*/secret', 'data/a', false],
    ['data/**', 'data', false],
    ['data/**/x', 'data', false],
    ['**/keys/*.pem', 'data/keys', false],
    ['**/*.pem', 'data', true],
  ])('with deny %s, delete %s → %s', (rule, path, allowed) => {
    expect(ask({ ...all, deny: [rule] }, ['delete', path]).allowed).toBe(allowed);
    expect(ask({ ...all, deny: [rule] }, ['list', 'other']).allowed).toBe(true);
  });
});

describe('protected paths', () => {
  const options = { protectedPaths: ['/srv/root/plugin', '/srv/elsewhere'] };

  it.each<[FsOperation, string, boolean]>([
    ['write', 'plugin/a.js', false],
    ['write', 'plugin', false],
    ['delete', 'plugin/a.js', false],
    ['write', 'plugins', true],
    ['read', 'plugin/a.js', true],
    ['list', 'plugin', true],
  ])('%s %s → %s', (operation, path, allowed) => {
    expect(ask(all, [operation, path], options).allowed).toBe(allowed);
  });

  it('name no place of the host', () => {
    expect(ask(all, ['write', 'plugin/a.js'], options)).toEqual({
      allowed: false,
      reason: 'mandatory-deny',
      rule: 'plugin',
      origin: { source: 'mandatory', pointer: '' },
    });
  });

  it('keep the folders above them', () => {
    expect(ask(all, ['delete', 'a/b'], { protectedPaths: ['/srv/root/a/b/c/d'] }).allowed).toBe(false);
  });

  it('that hold the root protect all of it', () => {
    expect(ask(all, ['write', 'a'], { protectedPaths: ['/srv'] })).toMatchObject({
      reason: 'mandatory-deny',
      rule: '.',
    });
  });

  it('ignore case where volumes do', () => {
    const options = { platform: 'win32', root: 'C:\\Srv', protectedPaths: ['c:\\srv\\PROGRA~1\\Plugin'] } as const;
    expect(ask(all, ['delete', 'progra'], options).allowed).toBe(true);
    const named = { ...options, protectedPaths: ['c:\\srv\\Plugin'] };
    expect(ask(all, ['write', 'PLUGIN/a.js'], named).allowed).toBe(false);
  });

  it('must be absolute', () => {
    expect(() => ask(all, ['read', 'a'], { protectedPaths: ['plugin'] })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: 'at /protectedPaths/0: must be an absolute path',
      }),
    );
  });
});

describe('names on volumes that fold them', () => {
  const darwin = { platform: 'darwin' } as const;
  const windows = { platform: 'win32', root: 'C:\\srv' } as const;

  it.each([
    ['\u{E9}', 'e\u{301}', darwin],
    ['fi', '\u{FB01}', darwin],
    ['ss', '\u{DF}', darwin],
    ['\u{DF}', 'SS', darwin],
    ['Secret', 'sECRET', darwin],
    ['secret', 'se\u{200C}cret', darwin],
    ['secret', 'SECRET', windows],
    ['k', '\u{212A}', windows],
    ['?', '\u{DF}', darwin],
  ])('deny %s, read %s', (rule, path, options) => {
    expect(ask({ ...all, deny: [rule] }, ['read', path], options)).toMatchObject({ reason: 'denied-by-rule' });
  });

  it('are denied as one, and allowed as spelt', () => {
    const spec = { mode: 'read', allow: ['Data', '\u{E9}'] } as const;
    expect(ask(spec, ['read', 'data/a'], darwin).allowed).toBe(false);
    expect(ask(spec, ['read', 'e\u{301}'], darwin).allowed).toBe(true);
  });

  it('are as many names on Linux', () => {
    expect(ask({ ...all, deny: ['secret'] }, ['read', 'SECRET']).allowed).toBe(true);
  });
});

describe('hidden paths', () => {
  const options = { hiddenPaths: ['/srv/root/a/.store', '/srv/elsewhere'] };
  const operations: readonly FsOperation[] = ['read', 'list', 'stat', 'write', 'delete'];
  const allowedOn = (path: string, given: Options = options): readonly FsOperation[] =>
    operations.filter((operation) => ask({ ...all, allow: ['.', 'a/.store'] }, [operation, path], given).allowed);

  it.each(['a/.store', 'a/.store/other/report.md', 'a/b/../.store/x'])('leave nothing to do with %s', (path) => {
    expect(allowedOn(path)).toEqual([]);
  });

  it('keep the folders above them from being deleted, and from nothing else', () => {
    expect(allowedOn('a')).toEqual(['read', 'list', 'stat', 'write']);
    expect(allowedOn('a/.stores')).toEqual(operations);
  });

  it('name no place of the host, and cannot be lifted', () => {
    const policy = compilePolicy({ fs: all }, { root: '/srv/root', platform: 'linux', ...options });
    expect(policy.explain({ kind: 'fs', operation: 'read', path: 'a/.store/x' })).toMatchObject({
      decision: {
        allowed: false,
        reason: 'mandatory-deny',
        rule: 'a/.store',
        origin: { source: 'mandatory', pointer: '' },
      },
      patches: [],
    });
  });

  it('that hold the root hide all of it', () => {
    expect(allowedOn('a', { hiddenPaths: ['/srv'] })).toEqual([]);
  });

  it('ignore case where volumes do', () => {
    const given = { platform: 'win32', root: 'C:\\Srv', hiddenPaths: ['c:\\srv\\.kb'] } as const;
    expect(allowedOn('.KB/artifacts', given)).toEqual([]);
  });

  it('must be absolute', () => {
    expect(() => ask(all, ['read', 'a'], { hiddenPaths: ['.kb'] })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: 'at /hiddenPaths/0: must be an absolute path',
      }),
    );
  });
});
