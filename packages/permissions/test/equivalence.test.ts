import type { FsOperation, PermissionDecision } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy, parseFsTarget } from '../src/index.js';
import { parseEnvRule } from '../src/env-rule.js';
import { parseFsRule } from '../src/fs-rule.js';
import { parseNetRule } from '../src/net-rule.js';
import { plainHost } from '../src/plain-url.js';
import { decideFsNaively, SOME_ENTRY } from './naive-fs.js';
import type { NaiveDecision } from './naive-fs.js';
import { decideEnvNaively, decideNetNaively } from './naive-names.js';

const seeded = { seed: 1, numRuns: 1000 };

function told(decision: PermissionDecision): NaiveDecision {
  const outcome = decision.allowed ? 'allowed' : decision.reason;
  return decision.rule === undefined ? { outcome } : { outcome, rule: decision.rule };
}

// Names with a second spelling, or that a built-in rule is about, among ordinary ones.
const name = fc.constantFrom(
  'src',
  'lib',
  'a.ts',
  'b',
  'x.test.ts',
  'README',
  'generated',
  'nested',
  'a b',
  'ab',
  'aab',
  'a\\b',
  '~',
  '..a',
  '.env',
  '.env.local',
  '.git',
  '.GIT',
  'git~1',
  'GIT~2',
  'gitx',
  'hooks',
  'config',
  '.ssh',
  '.npmrc',
  '.a',
  'a.',
  'node_modules',
  'NODE_MODULES',
  '.bin',
  'A',
  'É',
  'e\u0301',
  '\u{FB01}',
  'ß',
  'SS',
  '\u017F',
  '\u212A',
  '\uFF0Egit',
);
const pattern = fc.constantFrom(
  '*',
  '**',
  '*.ts',
  '?',
  '*.test.ts',
  'a*',
  '*a*',
  '*.t?',
  '?.ts',
  'x.*',
  '*b',
  '?*',
  '*ß',
);
const fsRule = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc.array(fc.oneof({ weight: 3, arbitrary: name }, pattern), { minLength: 1, maxLength: 5 }),
    },
    { weight: 1, arbitrary: fc.constantFrom(['.'], ['.', 'src'], ['src', '**'], ['src', ''], ['**', 'b', '**']) },
  )
  .map((segments) => segments.join('/'))
  .filter((rule) => parseFsRule(rule).ok);
const place = fc.constantFrom<{ root: string; platform: NodeJS.Platform }>(
  { root: '/srv/root', platform: 'linux' },
  { root: '/', platform: 'linux' },
  { root: '/srv/.hidden/ro\not', platform: 'linux' },
  { root: '/srv/root', platform: 'darwin' },
  { root: 'C:\\srv\\root', platform: 'win32' },
);
const odd = fc.constantFrom('..', '.', '', 'deep', 'other.js', 'q'.repeat(255), 'q'.repeat(256), '\0', '\uD800', 'c:');
const relative = fc
  .array(fc.oneof({ weight: 6, arbitrary: name }, odd), { maxLength: 6 })
  .map((segments) => segments.join('/'));
const form = fc.constantFrom('relative', 'absolute', 'dotted', 'elsewhere', 'closed', 'glued');

function write(how: string, root: string, path: string): string {
  if (how === 'absolute') return `${root.replace(/[/\\]$/, '')}/${path}`;
  if (how === 'dotted') return `./${path}`;
  if (how === 'elsewhere') return `/etc/${path}`;
  if (how === 'closed') return `${path}/`;
  return how === 'glued' ? root + path : path;
}

describe('a compiled policy decides as one that tries rule after rule', () => {
  it('on files', () => {
    const mode = fc.constantFrom('read' as const, 'readWrite' as const);
    const spec = fc.record({
      mode,
      allow: fc.array(fsRule, { maxLength: 12 }),
      deny: fc.array(fsRule, { maxLength: 6 }),
    });
    const operation = fc.constantFrom<FsOperation>('read', 'write', 'delete', 'list', 'stat');
    fc.assert(
      fc.property(spec, place, operation, relative, form, (fs, { root, platform }, asked, below, how) => {
        const path = write(how, root, below);
        const policy = compilePolicy({ fs }, { root, platform });
        const decision = policy.check({ kind: 'fs', operation: asked, path });
        const naive = decideFsNaively(fs, { root, platform, operation: asked, path });
        const { rule = '' } = decision;
        expect(told(decision)).toEqual(naive.rule === SOME_ENTRY ? { ...naive, rule } : naive);
        expect(Object.isFrozen(decision)).toBe(true);
        if (naive.outcome === 'invalid-path') return;
        const parsed = parseFsTarget(path, { root, platform });
        expect(policy.check({ kind: 'fs', operation: asked, path: parsed })).toEqual(decision);
      }),
      seeded,
    );
  });

  it('on URLs', () => {
    const label = fc.constantFrom(
      'a',
      'api',
      'com',
      'test',
      'x-1',
      'münchen',
      'xn--mnchen-3ya',
      'xn--a',
      '1',
      '0x7f',
      'A',
      'h9',
      '_s',
    );
    const host = fc.oneof(
      { weight: 4, arbitrary: fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')) },
      fc.constantFrom(
        '127.1',
        '2130706433',
        '10.0.0.1.',
        'metadata.google.internal.',
        'a..com',
        '.com',
        'com..',
        'a%2ecom',
        'ａ.com',
      ),
      fc.constantFrom(
        '[::1]',
        '1.2.3.4.5',
        'a.b.'.repeat(62) + 'com',
        'a.b.'.repeat(63) + 'com',
        'a\u00ADb.com',
        '',
        'a b.com',
      ),
    );
    const scheme = fc.constantFrom(
      'https://',
      'https://',
      'http://',
      'HTTPS://',
      'ws://',
      'https:',
      'https:/',
      'https:\\\\',
      '//',
      '',
    );
    const user = fc.constantFrom('', '', '', 'u@', 'u:p@', '@', 'a.com:80@');
    const port = fc.constantFrom('', '', ':443', ':80', ':8443', ':25', ':', ':00443', ':x');
    const rest = fc.constantFrom('', '/', '/p?q#f', '\\x', '?q', '#f', '/\t', '/\uD800', '/é', '/@evil', ' ', '/ ');
    const url = fc.tuple(scheme, user, host, port, rest).map((parts) => parts.join(''));
    const rule = fc
      .tuple(fc.constantFrom('', '', 'http://', '*.'), host, fc.constantFrom('', '', ':*', ':8443'))
      .map((parts) => parts.join(''))
      .filter((text) => parseNetRule(text).ok);
    const spec = fc.record({ allow: fc.array(rule, { maxLength: 12 }), deny: fc.array(rule, { maxLength: 3 }) });
    fc.assert(
      fc.property(spec, url, (net, asked) => {
        const naive = decideNetNaively(net, asked);
        if (naive === undefined) return;
        expect(
          told(compilePolicy({ net }, { root: '/', platform: 'linux' }).check({ kind: 'net', url: asked })),
        ).toEqual(naive);
      }),
      seeded,
    );
  });

  it('on variables', () => {
    const text = fc
      .array(fc.constantFrom('A', 'P', '_', 'a', 'N', 'O', 'D', 'E', 'é', '='), { maxLength: 7 })
      .map((all) => all.join(''));
    const rule = fc
      .oneof(
        fc.constantFrom('HOME', 'NODE_ENV', 'NODE_*', 'NO*', '__proto__', 'constructor', 'LD_X'),
        fc.tuple(text, fc.constantFrom('', '*')).map((parts) => parts.join('')),
      )
      .filter((line) => parseEnvRule(line).ok);
    const spec = fc.record({ allow: fc.array(rule, { maxLength: 10 }), deny: fc.array(rule, { maxLength: 4 }) });
    const asked = fc.oneof(
      text,
      fc.constantFrom('HOME', 'NODE_ENV', 'NODE', 'LD_', 'BASH_ENV', '__proto__', 'A'.repeat(257)),
    );
    fc.assert(
      fc.property(spec, asked, (env, one) => {
        const policy = compilePolicy({ env }, { root: '/', platform: 'linux' });
        for (const variable of [one, ...env.allow, ...env.deny]) {
          expect(told(policy.check({ kind: 'env', name: variable }))).toEqual(decideEnvNaively(env, variable));
        }
      }),
      seeded,
    );
  });
});

describe('a plain URL', () => {
  it('has the host, scheme and port that the parser finds, and no user info', () => {
    const unit = fc.constantFrom(...'aZz09-._~%@:/\\?#[]xn\t\n é\u00AD\u212A。', 'xn--', '://', '0x', 'é', '\u{1F600}');
    const text = fc.array(unit, { maxLength: 12 }).map((units) => `https://${units.join('')}`);
    const near = fc
      .tuple(fc.constantFrom('https://api.example.com/v1?q#f', 'https://a-b.c', 'https://x'), fc.nat(30), unit)
      .map(([url, at, piece]) => url.slice(0, at) + piece + url.slice(at));
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(text, near), (url) => {
        const host = plainHost(url);
        if (host === undefined) return;
        plain += 1;
        const { protocol, hostname, port, username, password } = new URL(url);
        expect({ protocol, hostname, port, username, password }).toEqual({
          protocol: 'https:',
          hostname: host,
          port: '',
          username: '',
          password: '',
        });
      }),
      { seed: 1, numRuns: 5000 },
    );
    expect(plain).toBeGreaterThan(300);
  });

  it.each([
    ['https://api.example.com', 'api.example.com'],
    ['https://localhost/a b', 'localhost'],
    ['https://a.b/\\@evil.test', 'a.b'],
    ['https://api.example.com:443/', undefined],
    ['https://api.example.com@evil.test/', undefined],
    ['https://api.example.com\\@evil.test/', undefined],
    ['https://xn--mnchen-3ya.de/', undefined],
    ['https://a.xn--b/', undefined],
    ['https://127.0.0.1/', undefined],
    ['https://a.0x7f/', undefined],
    ['https://a.b./', undefined],
    ['https://a..b/', undefined],
    ['https://a.b/\t', undefined],
    ['https://a.b/é', undefined],
    ['http://a.b/', undefined],
  ])('%j is of %s', (url, host) => {
    expect(plainHost(url)).toBe(host);
  });
});
