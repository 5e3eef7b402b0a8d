import { posix } from 'node:path';
import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFsTargetParser, compilePolicy, parseFsTarget } from '../src/index.js';

const posixRoot = { root: '/srv/root', platform: 'linux' } as const;
const win32Root = { root: 'C:\\srv\\root', platform: 'win32' } as const;
const malformed = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' });

describe('a parsed path', () => {
  it('holds all that is known of it, and is frozen', () => {
    const path = parseFsTarget('data/../data/./a.txt/', posixRoot);
    expect({ ...path }).toEqual({
      brand: 'CanonicalPath',
      asWritten: 'data/../data/./a.txt/',
      root: '/srv/root',
      absolute: '/srv/root/data/a.txt',
      segments: ['data', 'a.txt'],
    });
    expect(Object.isFrozen(path) && Object.isFrozen(path.segments)).toBe(true);
  });

  it('is the same from a parser that reads its options once', () => {
    const parse = compileFsTargetParser(posixRoot);
    for (const path of ['data/a.txt', '/srv/root/data/a.txt', './.env', '..', 'a//b/']) {
      expect({ ...parse(path) }).toEqual({ ...parseFsTarget(path, posixRoot) });
    }
    expect(() => parse('')).toThrow(malformed);
    expect(() => compileFsTargetParser({ ...posixRoot, root: 'data' })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });

  it.each([
    ['.', []],
    ['/srv/root', []],
    ['/srv/root/data/a', ['data', 'a']],
    ['../root/a', ['a']],
    ['../secret', undefined],
    ['data/../../secret', undefined],
    ['/srv/rootside/x', undefined],
    ['..a', ['..a']],
    ['...', ['...']],
    ['data/%2e%2e/secret', ['data', '%2e%2e', 'secret']],
    ['~/.ssh/id_rsa', ['~', '.ssh', 'id_rsa']],
    ['$HOME/x', ['$HOME', 'x']],
    ['%USERPROFILE%', ['%USERPROFILE%']],
    ['data\\..\\..\\secret', ['data\\..\\..\\secret']],
    ['\u{FF0E}\u{FF0E}/secret', ['\u{FF0E}\u{FF0E}', 'secret']],
    ['file:///etc/passwd', ['file:', 'etc', 'passwd']],
  ])('%j lies at %j', (path, segments) => {
    expect(parseFsTarget(path, posixRoot).segments).toEqual(segments);
  });

  it.each<[string, unknown]>([
    ['a NUL', 'data/a\0.txt'],
    ['a newline', 'a\nb'],
    ['a C1 control', 'a\u{85}b'],
    ['bytes', new TextEncoder().encode('a')],
    ['an object', { toString: () => 'a' }],
    ['a String object', Object('a')],
    ['a URL', new URL('file:///a')],
    ['half a character', 'data/\ud800'],
    ['nothing', ''],
    ['undefined', undefined],
    ['a long path', 'a/'.repeat(2049)],
    ['a long name', 'a'.repeat(256)],
    ['a deep path', 'a/'.repeat(129)],
  ])('refuses %s', (_, path) => {
    expect(() => parseFsTarget(path, posixRoot)).toThrow(malformed);
  });

  it('refuses 10 000 characters in under 5 ms', () => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(() => parseFsTarget('a/'.repeat(5000), posixRoot)).toThrow(malformed);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });

  it('wants an absolute root', () => {
    expect(() => parseFsTarget('a', { root: 'srv' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it('says nothing of the host in its errors', () => {
    expect(() => parseFsTarget('a\0', posixRoot)).toThrow(/^(?!.*srv)/);
  });

  it('agrees with path.resolve, and lies below the root exactly if that does', () => {
    const segment = fc.constantFrom('a', 'b', '..', '.', '', '...', '..a', 'root', '%2e%2e');
    const text = fc.array(segment, { minLength: 1, maxLength: 8 }).map((all) => all.join('/'));
    fc.assert(
      fc.property(
        text.filter((path) => path !== ''),
        (path) => {
          const { absolute, segments } = parseFsTarget(path, posixRoot);
          expect(absolute).toBe(posix.resolve('/srv/root', path));
          const below = absolute === '/srv/root' || absolute.startsWith('/srv/root/');
          const rest = absolute.slice('/srv/root/'.length);
          expect(segments).toEqual(below ? rest.split('/').filter((name) => name !== '') : undefined);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('a path on Windows', () => {
  it.each([
    ['data\\a.txt', ['data', 'a.txt']],
    ['data/a.txt', ['data', 'a.txt']],
    ['C:\\srv\\root\\a', ['a']],
    ['c:/SRV/root/a', ['a']],
    ['data\\..\\..\\secret', undefined],
    ['D:\\srv\\root\\a', undefined],
    ['\\a', undefined],
    ['console.txt', ['console.txt']],
    ['a~b', ['a~b']],
  ])('%j lies at %j', (path, segments) => {
    expect(parseFsTarget(path, win32Root).segments).toEqual(segments);
  });

  it.each([
    'data/CON',
    'data/nul.txt',
    'data/COM\u{B9}',
    'data/com1 .txt',
    'aux/x',
    'CONIN$',
    'data/a.txt:stream',
    'data/a.txt::$DATA',
    'secret.',
    'secret ',
    'data/.../x',
    'SECRET~1',
    'GIT~1/config',
    'progra~1.x',
    '\\\\server\\share\\a',
    '//server/share/a',
    '\\\\?\\C:\\srv\\root\\a',
    '\\\\.\\pipe\\a',
    '\\/server/a',
    'C:a',
    'a<b',
    'a*',
    'a|b',
  ])('refuses %j', (path) => {
    expect(() => parseFsTarget(path, win32Root)).toThrow(malformed);
  });
});

describe('a forged path', () => {
  const policy = compilePolicy({ fs: { mode: 'read', allow: ['.'] } }, posixRoot);
  const made = parseFsTarget('a', posixRoot);

  it.each([
    ['a copy', { ...made }],
    ['an heir', Object.create(made)],
    ['a proxy', new Proxy(made, {})],
    ['a hostile proxy', new Proxy({}, { get: () => 'CanonicalPath' })],
  ])('is refused: %s', (_, path) => {
    expect(policy.check({ kind: 'fs', operation: 'read', path })).toEqual({ allowed: false, reason: 'invalid-path' });
  });

  it('is told from a parsed one, of this root alone', () => {
    expect(policy.check({ kind: 'fs', operation: 'read', path: made }).allowed).toBe(true);
    const elsewhere = parseFsTarget('a', { ...posixRoot, root: '/srv/other' });
    expect(policy.check({ kind: 'fs', operation: 'read', path: elsewhere })).toEqual({
      allowed: false,
      reason: 'outside-root',
    });
  });
});
