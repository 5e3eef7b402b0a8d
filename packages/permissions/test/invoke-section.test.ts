import { performance } from 'node:perf_hooks';
import type { InvokePermissionSpec, PermissionDecision } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { checkInvokePermission, compilePolicy, parseInvokeTarget } from '../src/index.js';

const options = { root: '/srv/root', platform: 'linux' } as const;

function check(spec: InvokePermissionSpec, target: string, version?: string): PermissionDecision {
  const request = { kind: 'invoke', target: parseInvokeTarget(target), version } as const;
  return compilePolicy({ invoke: spec }, options).check(request);
}

describe('rules about invoking others', () => {
  it.each<[string, string, boolean]>([
    ['@acme/report', '@acme/report:render', true],
    ['@acme/report', '@acme/report@^1:render', true],
    ['@acme/report', '@acme/reports:render', false],
    ['@acme/report', 'report:render', false],
    ['report', '@acme/report:render', false],
    ['@acme/*', '@acme/report:render', true],
    ['@acme/*', '@acme-evil/report:render', false],
    ['@acme/*', 'acme:render', false],
    ['plain', 'plain:render', true],
    ['@acme/report:render', '@acme/report:render', true],
    ['@acme/report:render', '@acme/report:Render', false],
    ['@acme/report:render', '@acme/report:render2', false],
    ['@acme/report@*:render', '@acme/report:render', true],
    ['@acme/report@^1:render', '@acme/report:render', true],
    ['@acme/report@^1:render', '@acme/report:other', false],
  ])('%s, asked before a version is known: %s → %s', (rule, target, allowed) => {
    expect(check({ allow: [rule] }, target).allowed).toBe(allowed);
  });

  it.each<[string, string, boolean]>([
    ['@acme/report@^1:render', '1.9.0', true],
    ['@acme/report@^1:render', '2.0.0', false],
    ['@acme/report@^1', '1.0.0', true],
    ['@acme/report@^1', '1.1.0-rc.1', false],
    ['@acme/report@^1.1.0-rc.0', '1.1.0-rc.1', true],
    ['@acme/report@*', '2.0.0-rc.1', true],
    ['@acme/report@>=1 <2 || 3.x', '3.1.4', true],
    ['@acme/report@>=1 <2 || 3.x', '2.1.4', false],
    ['@acme/*', '0.0.1', true],
  ])('%s with version %s → %s', (rule, version, allowed) => {
    expect(check({ allow: [rule] }, '@acme/report:render', version).allowed).toBe(allowed);
  });

  it('deny what another rule allows, and a version as soon as it is known', () => {
    const spec = { allow: ['@acme/*'], deny: ['@acme/report@<2', '@acme/admin', '@acme/all@*:drop'] };
    const denied = (rule: string, index: number): PermissionDecision => ({
      allowed: false,
      reason: 'denied-by-rule',
      rule,
      origin: { source: 'grant', pointer: `/invoke/deny/${index}` },
    });
    expect(check(spec, '@acme/report:render')).toMatchObject({ allowed: true, rule: '@acme/*' });
    expect(check(spec, '@acme/report:render', '1.4.0')).toEqual(denied('@acme/report@<2', 0));
    // A prerelease is in every range that denies.
    expect(check(spec, '@acme/report:render', '1.4.0-rc.1')).toEqual(denied('@acme/report@<2', 0));
    expect(check(spec, '@acme/report:render', '2.0.0').allowed).toBe(true);
    expect(check(spec, '@acme/admin@^9:render')).toEqual(denied('@acme/admin', 1));
    expect(check(spec, '@acme/all:drop')).toEqual(denied('@acme/all@*:drop', 2));
    expect(check(spec, '@acme/all:keep').allowed).toBe(true);
  });

  it.each<[string, unknown]>([
    ['another id', { target: { pluginId: '../acme', range: '*', handler: 'run' } }],
    ['an id with its prototype', { target: { pluginId: '__proto__', range: '*', handler: 'run' } }],
    ['no range', { target: { pluginId: 'plain', range: '', handler: 'run' } }],
    ['a range that is none', { target: { pluginId: 'plain', range: 'latest', handler: 'run' } }],
    ['a long range', { target: { pluginId: 'plain', range: '1 || '.repeat(100), handler: 'run' } }],
    ['a handler that is a path', { target: { pluginId: 'plain', range: '*', handler: '../run' } }],
    ['a version that is none', { target: { pluginId: 'plain', range: '*', handler: 'run' }, version: 'latest' }],
    ['a version that is null', { target: { pluginId: 'plain', range: '*', handler: 'run' }, version: null }],
  ])('refuse a question with %s', (_, request) => {
    const policy = compilePolicy({ invoke: { allow: ['plain'] } }, options);
    const asked: object = { kind: 'invoke', version: undefined, ...Object(request) };
    expect(policy.check(asked as never)).toEqual({ allowed: false, reason: 'invalid-request' });
  });

  it('explain a denial with the narrowest rule that lifts it', () => {
    const policy = compilePolicy({ invoke: { allow: ['@acme/other'], deny: ['@acme/report:render'] } }, options);
    const target = parseInvokeTarget('@acme/report@^1:render');
    expect(policy.explain({ kind: 'invoke', target, version: '1.2.0' })).toEqual({
      decision: expect.objectContaining({ reason: 'denied-by-rule' }),
      text: 'invoke access to @acme/report@^1:render is denied (denied-by-rule) by "@acme/report:render" in the grant at /invoke/deny/0.',
      considered: [{ rule: '@acme/report:render', origin: { source: 'grant', pointer: '/invoke/deny/0' } }],
      patches: [
        {
          document: 'grant',
          operations: [
            { op: 'remove', path: '/invoke/deny/0' },
            { op: 'add', path: '/invoke/allow/-', value: '@acme/report@^1:render' },
          ],
        },
      ],
    });
  });

  it('are looked up by plugin, however many there are', () => {
    const rules = Array.from({ length: 1000 }, (_, index) => `@acme/a${index}@>=1.${index} <2 || ^3.${index}:run`);
    const policy = compilePolicy({ invoke: { allow: rules, deny: rules.map((rule) => `${rule}x`) } }, options);
    const target = parseInvokeTarget('@acme/a999:run');
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      for (let count = 0; count < 1000; count += 1) policy.check({ kind: 'invoke', target, version: '1.999.0' });
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

describe('checkInvokePermission', () => {
  it('answers about a text or a target, with a version or without', () => {
    const spec = { allow: ['@acme/report@^1:render'] };
    expect(checkInvokePermission('@acme/report:render', spec)).toEqual({
      allowed: true,
      rule: '@acme/report@^1:render',
      origin: { source: 'grant', pointer: '/invoke/allow/0' },
    });
    expect(checkInvokePermission(parseInvokeTarget('@acme/report:render'), spec, { version: '2.0.0' })).toEqual({
      allowed: false,
      reason: 'not-requested',
    });
    for (const hostile of ['', ':', '@', 'a@b@c:d', 'a'.repeat(1e6), null, {}, new Proxy({}, {})] as never[]) {
      expect(checkInvokePermission(hostile, spec)).toEqual({ allowed: false, reason: 'invalid-request' });
    }
  });
});
