import { compilePolicy } from '@kb-labs/permissions';
import { array, assert as holds, constantFrom, oneof, property, string, tuple, nat } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { covers, isReserved, walkPosix, walkWindows } from './path-model.js';
import type { ModelPath } from './path-model.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const ROOT = '/srv/root';
const WINDOWS_ROOT = 'C:\\work\\root';

const plain = constantFrom(
  'a',
  'b',
  'ab',
  'src',
  'lib',
  'a.ts',
  'b.ts',
  '.x',
  'é',
  'e\u0301',
  '...',
  '..a',
  'a..',
  ' ',
  '%2e%2e',
);
const reserved = constantFrom(
  '.env',
  '.env.local',
  '.ssh',
  '.npmrc',
  '.git',
  '.GIT',
  'hooks',
  'config',
  'node_modules',
  '.bin',
);
const dots = constantFrom('.', '..', '');
const hostile = oneof(
  constantFrom(
    '\0',
    'a\u0000b',
    '\n',
    '\u0085',
    '\ud800',
    '\udc00\ud800',
    '~',
    '$HOME',
    '..\\',
    'a\\b',
    '．．',
    '\u2025',
    '*',
    '**',
    '?',
  ),
  constantFrom(
    'x'.repeat(255),
    'x'.repeat(256),
    'CON',
    'nul.txt',
    'COM¹',
    'a:b',
    'secret.',
    'SECRET~1',
    'D:',
    'c:',
    'C:',
  ),
  string({ maxLength: 6, unit: codePoint }),
);
const name = oneof(
  { weight: 8, arbitrary: plain },
  { weight: 2, arbitrary: reserved },
  { weight: 5, arbitrary: dots },
  { weight: 1, arbitrary: hostile },
);

/** Texts that mean to be paths: most of them stay near the root, and are spelt in all ways that there are. */
function texts(starts: readonly string[], separators: readonly string[]): Arbitrary<string> {
  const step = tuple(name, constantFrom(...separators)).map((parts) => parts.join(''));
  return tuple(constantFrom(...starts), array(step, { maxLength: 9 }), name).map(
    ([start, steps, last]) => `${start}${steps.join('')}${last}`,
  );
}

const posixTexts = texts(
  ['', '', '', './', '/', `${ROOT}/`, '/srv/rootless/', '/srv//root/./', '../root/', '../'],
  ['/', '/', '//', '/./'],
);
const windowsTexts = texts(
  [
    '',
    '',
    '',
    '.\\',
    '\\',
    'C:\\work\\root\\',
    'c:/WORK/root/',
    'C:\\work\\rootless\\',
    'D:\\work\\root\\',
    '\\work\\root\\',
    '..\\root\\',
    '\\\\server\\',
    '\\\\?\\C:\\',
    'C:',
  ],
  ['/', '\\', '\\\\', '/.\\'],
);

const segment = oneof(
  { weight: 6, arbitrary: plain },
  { weight: 3, arbitrary: constantFrom('*', '**', '?', 'a*', '*.ts', '?b', '*a*', '.*') },
);
const rule = array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const wide = constantFrom('.', 'src', 'a', '**', '*/**', '**/a.ts');
const rules = array(oneof({ weight: 3, arbitrary: rule }, { weight: 1, arbitrary: wide }), { maxLength: 3 });

/** What a policy that allows and denies by these rules says on Linux. */
function decideByModel(
  path: ModelPath,
  lists: { readonly allow: readonly string[]; readonly deny: readonly string[] },
  operation: 'read' | 'write',
): string {
  if (path.kind === 'malformed') return 'invalid-path';
  if (path.kind === 'outside') return 'outside-root';
  if (isReserved(path.names, operation)) return 'mandatory-deny';
  if (lists.deny.some((each) => covers(each, path.names))) return 'denied-by-rule';
  return lists.allow.some((each) => covers(each, path.names)) ? 'allowed' : 'not-requested';
}

/** As long as it takes: a scale of hundreds asks a million questions. */
const PATIENT = { timeout: 3_600_000 };

describe('paths, against a model of their own', PATIENT, () => {
  it('are allowed and denied on Linux as the model says, and for its reasons', () => {
    let asked = 0;
    let allowed = 0;
    const check = property(rules, rules, array(posixTexts, { minLength: 1, maxLength: 10 }), (allow, deny, paths) => {
      const policy = compilePolicy({ fs: { mode: 'readWrite', allow, deny } }, { root: ROOT, platform: 'linux' });
      for (const path of paths) {
        for (const operation of ['read', 'write'] as const) {
          const decision = policy.check({ kind: 'fs', operation, path });
          asked += 1;
          allowed += decision.allowed ? 1 : 0;
          expect([path, decision.allowed ? 'allowed' : decision.reason]).toEqual([
            path,
            decideByModel(walkPosix(ROOT, path), { allow, deny }, operation),
          ]);
          // To delete takes no less than to write.
          const removal = policy.check({ kind: 'fs', operation: 'delete', path });
          expect([path, removal.allowed && !policy.check({ kind: 'fs', operation: 'write', path }).allowed]).toEqual([
            path,
            false,
          ]);
        }
      }
    });
    holds(check, budget(400));
    expect(allowed).toBeGreaterThan(asked / 50);
    if (process.env['KB_FUZZ_SCALE'] !== undefined) console.info(`${asked} questions about paths, ${allowed} allowed`);
  });

  it('stay below the root on Windows as the model says', () => {
    let asked = 0;
    const policy = compilePolicy({ fs: { mode: 'read', allow: ['.'] } }, { root: WINDOWS_ROOT, platform: 'win32' });
    const check = property(windowsTexts, (path) => {
      const model = walkWindows(WINDOWS_ROOT, path);
      const decision = policy.check({ kind: 'fs', operation: 'read', path });
      asked += 1;
      const reason = decision.allowed ? 'allowed' : decision.reason;
      const expected = { malformed: 'invalid-path', outside: 'outside-root', below: 'allowed' }[model.kind];
      // The names that are reserved on Windows are more than the model knows, for they have more spellings there.
      const isFurther = model.kind === 'below' && reason === 'mandatory-deny';
      expect([path, isFurther ? 'allowed' : reason]).toEqual([path, expected]);
      const mustBe = model.kind === 'below' && isReserved(model.names, 'read') ? 'mandatory-deny' : reason;
      expect([path, reason]).toEqual([path, mustBe]);
    });
    holds(check, budget(2000));
    if (process.env['KB_FUZZ_SCALE'] !== undefined) console.info(`${asked} questions about paths of Windows`);
  });

  it('mean the same however they are spelt', () => {
    const policy = compilePolicy(
      { fs: { mode: 'read', allow: ['src/**', 'a'], deny: ['**/b'] } },
      { root: ROOT, platform: 'linux' },
    );
    const names = array(plain, { minLength: 1, maxLength: 5 });
    const detour = constantFrom('', './', './/', 'x/../', '../root/', 'x/y/../../', '/srv/root/', '/srv/./root//');
    const check = property(names, detour, detour, (segments, before, between) => {
      const ask = (path: string): unknown => policy.check({ kind: 'fs', operation: 'read', path });
      const direct = segments.join('/');
      const inner = between.startsWith('/') || between.startsWith('..') ? '' : between;
      expect([before, ask(`${before}${segments.join(`/${inner}`)}`)]).toEqual([before, ask(direct)]);
    });
    holds(check, budget(1000));
  });
});
