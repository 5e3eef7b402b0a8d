import type { PermissionDecision, PermissionPolicy, PermissionRequest, PermissionSpec } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy, DEFAULT_QUOTAS, intersectPolicies } from '../src/index.js';
import { requests, specs } from './arbitraries.js';

const options = { root: '/srv/root', platform: 'linux' } as const;

function both(asked: PermissionSpec | null, granted: PermissionSpec | null): PermissionPolicy {
  return intersectPolicies({
    asked: compilePolicy(asked, { ...options, source: 'manifest', pointer: '/permissions' }),
    granted: compilePolicy(granted, options),
  });
}

describe('an intersection', () => {
  const home: PermissionRequest = { kind: 'env', name: 'HOME' };
  const spec = { env: { allow: ['HOME'] } };

  it.each<[string, PermissionSpec | null, PermissionSpec | null, PermissionDecision]>([
    [
      'names the line of the manifest',
      spec,
      { env: { allow: ['HO*'] } },
      { allowed: true, rule: 'HOME', origin: { source: 'manifest', pointer: '/permissions/env/allow/0' } },
    ],
    ['says where the manifest does not ask', null, spec, { allowed: false, reason: 'not-requested' }],
    ['says where the host does not grant', spec, null, { allowed: false, reason: 'not-granted' }],
    ['asks first', null, null, { allowed: false, reason: 'not-requested' }],
    [
      'tells the deny of a host before all',
      null,
      { env: { allow: ['HOME'], deny: ['HOME'] } },
      { allowed: false, reason: 'denied-by-rule', rule: 'HOME', origin: { source: 'grant', pointer: '/env/deny/0' } },
    ],
    [
      'tells the deny of a manifest',
      { env: { allow: ['HOME'], deny: ['HO*'] } },
      spec,
      {
        allowed: false,
        reason: 'denied-by-rule',
        rule: 'HO*',
        origin: { source: 'manifest', pointer: '/permissions/env/deny/0' },
      },
    ],
  ])('%s', (_, asked, granted, decision) => {
    expect(both(asked, granted).check(home)).toEqual(decision);
  });

  it('explains with the lines of both', () => {
    expect(both(spec, { env: { allow: ['HO*'] } }).explain(home)).toEqual({
      decision: expect.objectContaining({ allowed: true }),
      text: 'env access to HOME is allowed by "HOME" in the manifest at /permissions/env/allow/0.',
      considered: [
        { rule: 'HOME', origin: { source: 'manifest', pointer: '/permissions/env/allow/0' } },
        { rule: 'HO*', origin: { source: 'grant', pointer: '/env/allow/0' } },
      ],
      patches: [],
    });
  });

  it('patches the document that is in the way', () => {
    expect(both(spec, null).explain(home).patches).toEqual([
      { document: 'grant', operations: [{ op: 'add', path: '', value: { env: { allow: ['HOME'] } } }] },
    ]);
    expect(both({ env: null }, spec).explain(home).patches).toEqual([
      { document: 'manifest', operations: [{ op: 'add', path: '/permissions/env', value: { allow: ['HOME'] } }] },
    ]);
    expect(both(null, null).explain({ kind: 'env', name: 'LD_PRELOAD' }).patches).toEqual([]);
  });

  it('allows exactly what both allow', () => {
    fc.assert(
      fc.property(specs, specs, requests, (asked, granted, request) => {
        const sides = [compilePolicy(asked, options), compilePolicy(granted, options)];
        const expected = sides.every((policy) => policy.check(request).allowed);
        expect(both(asked, granted).check(request).allowed).toBe(expected);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('can be intersected again', () => {
    const tenant = compilePolicy({ env: { allow: ['PATH'] }, quotas: { timeoutMs: 10 } }, options);
    const policy = intersectPolicies({ asked: both(spec, spec), granted: tenant });
    expect(policy.check(home)).toEqual({ allowed: false, reason: 'not-granted' });
    expect(policy.quotas.timeoutMs).toBe(10);
  });

  it('has a digest of its own, equal for equal sides', () => {
    expect(both(spec, null).digest).not.toBe(both(null, spec).digest);
    expect(both(spec, null).digest).toBe(both({ env: { allow: ['HOME', 'HOME'] } }, {}).digest);
  });

  it('wants two policies of one root', () => {
    const wrong = expect.objectContaining({ code: 'ERR_CONFIG_INVALID' });
    const policy = compilePolicy(null, options);
    const elsewhere = compilePolicy(null, { ...options, root: '/srv/other' });
    expect(() => intersectPolicies({ asked: policy, granted: elsewhere })).toThrow(wrong);
    expect(() =>
      intersectPolicies({ asked: policy, granted: { ...policy, check: policy.check, explain: policy.explain } }),
    ).toThrow(wrong);
  });
});

describe('quotas of an intersection', () => {
  it.each<[number | undefined, number | undefined, number]>([
    [undefined, undefined, DEFAULT_QUOTAS.timeoutMs],
    [5, undefined, 5],
    [60_000, undefined, DEFAULT_QUOTAS.timeoutMs],
    [undefined, 60_000, 60_000],
    [90_000, 60_000, 60_000],
    [5, 60_000, 5],
    [5, 3, 3],
  ])('asked %s, granted %s → %d', (asked, granted, expected) => {
    const quotas = (timeoutMs: number | undefined): PermissionSpec => ({
      quotas: timeoutMs === undefined ? {} : { timeoutMs },
    });
    expect(both(quotas(asked), quotas(granted)).quotas).toEqual({ ...DEFAULT_QUOTAS, timeoutMs: expected });
  });

  it('are never above those of an intersection inside, defaults included', () => {
    const tenant = compilePolicy({ quotas: { timeoutMs: 100_000, maxFetches: 5 } }, options);
    const inner = both({ quotas: { maxFetches: 3 } }, null);
    const expected = { ...DEFAULT_QUOTAS, maxFetches: 3 };
    expect(intersectPolicies({ asked: inner, granted: tenant }).quotas).toEqual(expected);
    expect(intersectPolicies({ asked: tenant, granted: inner }).quotas).toEqual(expected);
  });
});
