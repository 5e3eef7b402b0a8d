import { performance } from 'node:perf_hooks';
import { checkFsPermission } from '@kb-labs/plugin-runtime';
import type { FsOperation, PermissionDecision } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';

type Rules = Parameters<typeof checkFsPermission>[1];

const data: Rules = { mode: 'readWrite', allow: ['data'], deny: ['data/private'] };
const ROOTS = { linux: '/srv/root', darwin: '/Users/me/root', win32: 'C:\\work\\root' } as const;
const OPERATIONS: readonly FsOperation[] = ['read', 'write', 'delete', 'list', 'stat'];

function ask(
  platform: keyof typeof ROOTS,
  path: string,
  rules = data,
  operation: FsOperation = 'read',
): PermissionDecision {
  return checkFsPermission(path, rules, { platform, root: ROOTS[platform], operation });
}

/** What is said of a path, which must be the same for everything that can be done with it. */
function refusal(platform: keyof typeof ROOTS, path: string, rules = data): string {
  const reasons = OPERATIONS.map((operation) => {
    const decision = ask(platform, path, rules, operation);
    return decision.allowed ? `allowed to ${operation}` : decision.reason;
  });
  return [...new Set(reasons)].join(', ');
}

describe('pure rules', () => {
  it.each(['linux', 'darwin', 'win32'] as const)(
    'A14 answers for an endless path within a millisecond on %s',
    (platform) => {
      const endless = [
        'a'.repeat(10_000),
        'a/'.repeat(5000),
        '../'.repeat(5000),
        '\\..'.repeat(5000),
        '/'.repeat(1_000_000),
      ];
      for (const path of [...endless, 'data/'.repeat(819), '\u{1F600}/'.repeat(1000)]) {
        // The best of some: another process may hold the processor in one. Only the question is timed, not the compiling of the rules.
        const times = Array.from({ length: 20 }, () => {
          const start = performance.now();
          ask(platform, path);
          return performance.now() - start;
        });
        const floor = Array.from({ length: 20 }, () => {
          const start = performance.now();
          ask(platform, 'data/x');
          return performance.now() - start;
        });
        expect(refusal(platform, path)).toBe('invalid-path');
        expect(Math.min(...times) - Math.min(...floor)).toBeLessThan(1);
      }
    },
  );

  it.each([
    ['data\\..\\..\\secret', 'outside-root'],
    ['data\\..\\secret', 'not-requested'],
    ['..\\root-beside\\x', 'outside-root'],
    ['data/..\\../secret', 'outside-root'],
    ['data\\private\\key', 'denied-by-rule'],
    ['DATA\\PRIVATE\\key', 'not-requested, denied-by-rule'],
    ['C:\\work\\secret', 'outside-root'],
    ['c:/work/root/../secret', 'outside-root'],
    ['D:\\work\\root\\data\\x', 'outside-root'],
    ['\\windows\\system32', 'outside-root'],
    ['/work/root/other', 'not-requested'],
  ])('A17 separates at backslashes on win32: %s is %s', (path, reason) => {
    expect(reason).toContain(refusal('win32', path));
  });

  it('A17 A04 allows the same file in each of its spellings on win32', () => {
    for (const path of [
      'data\\a',
      'data/a',
      '.\\data\\x\\..\\a',
      'C:\\work\\root\\data\\a',
      'C:/work/root/data/a',
      '/work/root/data/a',
    ]) {
      expect([path, ask('win32', path).allowed]).toEqual([path, true]);
    }
  });

  const devices = [
    'CON',
    'con',
    'PRN',
    'AUX',
    'nul',
    'NUL.txt',
    'nul.tar.gz',
    'COM1',
    'com9.log',
    'COM0',
    'LPT1',
    'lpt3 .txt',
  ];
  const odd = ['COM¹', 'COM²', 'LPT³.x', 'CONIN$', 'CONOUT$', 'CLOCK$', 'aux .c', 'Con..'];
  it.each([...devices, ...odd])('A19 refuses the device %s on win32, wherever it stands', (name) => {
    for (const path of [name, `data/${name}`, `data\\x\\${name}`, `data/${name}/x`]) {
      expect([path, refusal('win32', path)]).toEqual([path, 'invalid-path']);
    }
  });

  it('A19 takes names that only begin like devices', () => {
    for (const name of ['console', 'nullable', 'auxiliary.c', 'COM10', 'lpt', 'com', 'xCON', 'con-1']) {
      expect([name, ask('win32', `data/${name}`).allowed]).toEqual([name, true]);
    }
  });

  it.each([
    ['a stream', 'data/a.txt:stream'],
    ['the main stream', 'data/a.txt::$DATA'],
    ['the stream of a folder', 'data::$INDEX_ALLOCATION/secret'],
    ['a stream of a denied file', 'data/private:x'],
    ['a dot at the end', 'data/secret.'],
    ['dots at the end', 'data/secret...'],
    ['a space at the end', 'data/secret '],
    ['a dot at the end of a folder', 'data/private./key'],
    ['a space at the end of a folder', 'data/private /key'],
    ['a short name', 'data/SECRET~1'],
    ['a short name with an ending', 'data/SECRET~1.TXT'],
    ['the short name of a denied folder', 'data/PRIVAT~1/key'],
    ['a hashed short name', 'data/SE1A2B~1'],
    ['a UNC path', '\\\\server\\share\\x'],
    ['a UNC path with slashes', '//server/share/x'],
    ['a device path', '\\\\.\\C:\\secret'],
    ['a long path', '\\\\?\\C:\\work\\root\\data\\x'],
    ['a path of the NT kernel', '\\??\\C:\\secret'],
    ['a path relative to a drive', 'C:secret'],
    ['a pipe', '\\\\.\\pipe\\x'],
    ['a wildcard', 'data/secre?'],
    ['an old wildcard', 'data/<.txt'],
  ])('A20 refuses %s on win32', (_title, path) => {
    expect(refusal('win32', path)).toBe('invalid-path');
  });

  it.each([
    ['é', 'e\u0301', 'the decomposed form'],
    ['e\u0301', 'é', 'the composed form'],
    ['fi', '\ufb01', 'a ligature'],
    ['ß', 'ss', 'two letters for one'],
    ['ss', 'ß', 'one letter for two'],
    ['ß', 'ẞ', 'a capital that has no small form of its own'],
    ['Straße', 'STRASSE', 'a whole word'],
    ['private', 'PRIVATE', 'another case'],
    ['private', 'prıvate', 'the i without a dot'],
    ['private', 'p\u200crivate', 'a character that HFS+ skips'],
    ['private', '\ufeffprivate', 'a byte order mark'],
    ['K', '\u212a', 'the Kelvin sign'],
    ['å', '\u212b', 'the Ångström sign'],
    ['ﬆ', 'st', 'the letters of a ligature'],
    ['가', '\u1100\u1161', 'the parts of a Hangul syllable'],
    ['σ', 'ς', 'the sigma at the end of a word'],
    ['ⅳ', 'iv', 'a Roman number'],
  ])('A22 denies %s as %s on darwin and win32: %s', (denied, read) => {
    const rules: Rules = { mode: 'readWrite', allow: ['.'], deny: [`data/${denied}`] };
    for (const platform of ['darwin', 'win32'] as const) {
      for (const path of [`data/${read}`, `data/${read}/key`, `data/x/../${read}`]) {
        expect([path, refusal(platform, path, rules)]).toEqual([path, 'denied-by-rule']);
      }
    }
  });

  it('A22 widens no rule that allows by case or look-alikes', () => {
    const rules: Rules = { mode: 'read', allow: ['src/Straße', 'caf\u00e9'] };
    for (const path of ['src/STRASSE', 'SRC/Straße', 'src/strasse', 'cafe', 'CAFÉ']) {
      for (const platform of ['linux', 'darwin', 'win32'] as const) {
        expect([path, ask(platform, path, rules)]).toEqual([path, { allowed: false, reason: 'not-requested' }]);
      }
    }
    // Every volume of macOS takes the two forms of this letter for one.
    expect(ask('darwin', 'cafe\u0301', rules).allowed).toBe(true);
    expect(ask('linux', 'cafe\u0301', rules).allowed).toBe(false);
  });

  it('A22 A16 keeps secrets of the built-in list in any spelling of their names', () => {
    const all: Rules = { mode: 'readWrite', allow: ['.'] };
    for (const path of [
      '.SSH/id',
      '.ſsh/id',
      '.s\u200csh/id',
      '.NPMRC',
      'x/.Env',
      '.ENV.local',
      '.ａws/x',
      '.GIT/config',
      '.g\u200dit/hooks/x',
    ]) {
      expect([path, refusal('darwin', path, all)]).toEqual([path, 'mandatory-deny']);
      expect([path, refusal('win32', path, all)]).toEqual([path, 'mandatory-deny']);
    }
  });
});
