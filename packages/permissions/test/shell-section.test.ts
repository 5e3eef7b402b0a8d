import { performance } from 'node:perf_hooks';
import type { PermissionDecision, ShellPermissionSpec, ShellRule } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { checkShellPermission, compilePolicy, intersectPolicies } from '../src/index.js';

const options = { root: '/srv/root', platform: 'linux' } as const;

function both(asked: ShellRule, granted: ShellRule, args: readonly string[] = []): PermissionDecision {
  const policy = intersectPolicies({
    asked: compilePolicy({ shell: { allow: [asked] } }, { ...options, source: 'manifest' }),
    granted: compilePolicy({ shell: { allow: [granted] } }, options),
  });
  return policy.check({ kind: 'shell', command: asked.command, args });
}

describe('rules about commands', () => {
  const ls = '/usr/bin/ls';

  it.each<[readonly string[] | undefined, readonly string[], boolean]>([
    [undefined, [], true],
    [undefined, ['a'], false],
    [[], ['a'], false],
    [['-l'], ['-l'], true],
    [['-l'], [], false],
    [['-l'], ['-l', 'a'], false],
    [['*'], ['a'], true],
    [['*'], ['-R'], false],
    [['**'], [], true],
    [['**'], ['a', '', 'b c'], true],
    [['**'], ['a', '--color=always'], false],
    [['**'], ['a', '@options'], false],
    [['**'], ['a', 'b@c'], true],
    [['log', '**'], ['log', 'a'], true],
    [['log', '**'], [], false],
    [['log', '**'], ['push'], false],
    [['-n', '?', '**'], ['-n', '5', 'a'], true],
    [['-n', '?', '**'], ['-n', '-5'], false],
  ])('%j on %j → %s', (patterns, args, allowed) => {
    const rule = patterns === undefined ? { command: ls } : { command: ls, args: patterns };
    expect(checkShellPermission({ command: ls, args }, { allow: [rule] }).allowed).toBe(allowed);
  });

  it('name the rule as a line, and cover this command alone', () => {
    const spec: ShellPermissionSpec = { allow: [{ command: '/bin/cat', args: ['a b', '**'] }, { command: ls }] };
    expect(checkShellPermission({ command: '/bin/cat', args: ['a b', 'c'] }, spec)).toEqual({
      allowed: true,
      rule: '/bin/cat "a b" **',
      origin: { source: 'grant', pointer: '/shell/allow/0' },
    });
    for (const command of ['/bin/ls', '/usr/bin/lsblk', '/usr/local/../bin/ls2', '/usr/bin/LS']) {
      expect(checkShellPermission({ command, args: [] }, spec).allowed).toBe(false);
    }
  });

  it.each<[unknown, unknown, string]>([
    ['ls', [], 'invalid-path'],
    ['/usr/bin/../bin/ls', [], 'invalid-path'],
    ['/usr/bin//ls', [], 'invalid-path'],
    ['/usr/bin/ls\0', [], 'invalid-path'],
    ['/usr/bin/ls\n', [], 'invalid-path'],
    [undefined, [], 'invalid-path'],
    [ls, ['a\0b'], 'invalid-request'],
    [ls, ['\ud800'], 'invalid-request'],
    [ls, [1], 'invalid-request'],
    [ls, 'a', 'invalid-request'],
    [ls, Array.from({ length: 4097 }, () => 'a'), 'invalid-request'],
    [ls, ['a'.repeat(131_072)], 'invalid-request'],
  ])('refuse the question %j', (command, args, reason) => {
    const policy = compilePolicy({ shell: { allow: [{ command: ls, args: ['**'] }] } }, options);
    const asked: object = { kind: 'shell', command, args };
    expect(policy.check(asked as never)).toEqual({ allowed: false, reason });
  });

  it('cost a guest no more than the length of what it asks', () => {
    const nasty = `*b${'a'.repeat(1000)}*`;
    const allow = Array.from({ length: 64 }, (_, index) => ({ command: ls, args: [nasty, `${index}`] }));
    const policy = compilePolicy({ shell: { allow } }, options);
    const start = performance.now();
    policy.check({ kind: 'shell', command: ls, args: ['a'.repeat(131_000), '0'] });
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('an interpreter', () => {
  const sh = '/bin/bash';
  const plain: ShellRule = { command: sh };
  const named: ShellRule = { command: sh, interpreter: true };
  const origin = (source: string): object => ({ source, pointer: '/shell/allow/0' });

  it('runs where manifest and grant both say so, and nowhere else', () => {
    const denied = (source: string): object => ({
      allowed: false,
      reason: 'interpreter',
      rule: sh,
      origin: origin(source),
    });
    expect(both(named, named)).toEqual({ allowed: true, rule: sh, origin: origin('manifest') });
    expect(both(named, plain)).toEqual(denied('grant'));
    expect(both(plain, named)).toEqual(denied('manifest'));
    expect(both(plain, plain)).toEqual(denied('manifest'));
  });

  it('is what whoever asks found to be one, whatever its name', () => {
    const policy = compilePolicy({ shell: { allow: [{ command: '/opt/tool' }] } }, options);
    const ask = (interpreter: unknown): unknown =>
      policy.check({ kind: 'shell', command: '/opt/tool', args: [], interpreter } as never).allowed;
    expect([undefined, false, true, 1, 'no', null].map(ask)).toEqual([true, true, false, false, false, false]);
  });

  it('is allowed by the rule that says so, not by one beside it', () => {
    const allow = [
      { command: sh, args: ['-c', '*'] },
      { command: sh, args: ['-c', 'ls'], interpreter: true as const },
    ];
    expect(checkShellPermission({ command: sh, args: ['-c', 'rm'] }, { allow })).toMatchObject({
      reason: 'interpreter',
    });
    expect(checkShellPermission({ command: sh, args: ['-c', 'ls'] }, { allow })).toMatchObject({
      rule: '/bin/bash -c ls',
    });
  });

  it('is explained with the word that is missing', () => {
    const { patches, text } = compilePolicy({ shell: { allow: [plain] } }, options).explain({
      kind: 'shell',
      command: sh,
      args: [],
    });
    expect(text).toBe(
      'shell access to /bin/bash is denied (interpreter) by "/bin/bash" in the grant at /shell/allow/0.',
    );
    expect(patches).toEqual([
      { document: 'grant', operations: [{ op: 'add', path: '/shell/allow/0/interpreter', value: true }] },
    ]);
  });

  it.each([
    ['/bin/sh', ['**'], ['-c', 'ls']],
    ['/usr/bin/git', ['log', '**'], ['log', '--oneline']],
    ['/usr/bin/git', ['log'], ['status']],
  ])('is the reason where a rule of %s does not say so, whether its arguments fit or not', (command, args, given) => {
    const allow = [{ command: '/bin/ls' }, { command, args }];
    const rule = [command, ...args].join(' ');
    const place = { source: 'grant', pointer: '/shell/allow/1' };
    const explain = (spec: ShellPermissionSpec): unknown =>
      compilePolicy({ shell: spec }, options).explain({ kind: 'shell', command, args: given });
    expect(explain({ allow })).toMatchObject({
      decision: { allowed: false, reason: 'interpreter', rule, origin: place },
      considered: [{ rule, origin: place }],
      patches: [
        {
          document: 'grant',
          operations: [{ op: 'add', path: '/shell/allow/-', value: { command, args: given, interpreter: true } }],
        },
      ],
    });
    // One that says so, and is about other arguments, is a rule that works.
    expect(explain({ allow: [{ command, args, interpreter: true }] })).toMatchObject({
      decision: { reason: 'not-requested' },
      considered: [],
    });
  });

  it('is asked for by name in the patch of a command that no rule names', () => {
    const explain = (args: readonly string[]): unknown =>
      compilePolicy(null, options).explain({ kind: 'shell', command: sh, args }).patches;
    const value = { shell: { allow: [{ command: sh, args: ['-c', 'ls'], interpreter: true }] } };
    expect(explain(['-c', 'ls'])).toEqual([{ document: 'grant', operations: [{ op: 'add', path: '', value }] }]);
    // A rule with the text `*` would allow every argument.
    expect(explain(['*'])).toEqual([]);
  });
});
