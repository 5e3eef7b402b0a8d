import type { PermissionDecision, PermissionPolicy, PermissionRequest, PermissionSpec } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy, DEFAULT_QUOTAS, delegatePolicy, intersectPolicies } from '../src/index.js';
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

describe('a chain of plugins that invoke each other', () => {
  const home: PermissionRequest = { kind: 'env', name: 'HOME' };
  const env = (...allow: string[]): PermissionSpec => ({ env: { allow } });

  it('is an intersection of any number of policies, in any grouping', () => {
    fc.assert(
      fc.property(fc.array(specs, { minLength: 3, maxLength: 5 }), requests, fc.nat(1), (all, request, side) => {
        const policies = all.map((spec) => compilePolicy(spec, options));
        const joined = policies.reduce((one, other) =>
          intersectPolicies(side === 0 ? { asked: one, granted: other } : { asked: other, granted: one }),
        );
        expect(joined.check(request).allowed).toBe(policies.every((policy) => policy.check(request).allowed));
        expect(joined.explain(request).decision).toEqual(joined.check(request));
        for (const [name, limit] of Object.entries(joined.quotas)) {
          expect(policies.every(({ quotas }) => limit <= Reflect.get(quotas, name))).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('does no more than each caller in it may', () => {
    fc.assert(
      fc.property(specs, specs, specs, requests, (one, two, three, request) => {
        const [first, second, third] = [one, two, three].map((spec) => compilePolicy(spec, options));
        if (first === undefined || second === undefined || third === undefined) return;
        const middle = delegatePolicy({ callee: second, caller: first });
        const last = delegatePolicy({ callee: third, caller: middle });
        const expected = [first, second, third].every((policy) => policy.check(request).allowed);
        expect(last.check(request).allowed).toBe(expected);
        expect(last.explain(request).patches.length).toBeLessThanOrEqual(middle.check(request).allowed ? 1 : 0);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('tells what only the caller may not, without a line of its documents', () => {
    const policy = delegatePolicy({ callee: both(env('HOME'), env('HO*')), caller: both(env('PATH'), env('PATH')) });
    expect(policy.explain(home)).toEqual({
      decision: { allowed: false, reason: 'not-delegated' },
      text: 'env access to HOME is denied (not-delegated).',
      considered: [
        { rule: 'HOME', origin: { source: 'manifest', pointer: '/permissions/env/allow/0' } },
        { rule: 'HO*', origin: { source: 'grant', pointer: '/env/allow/0' } },
      ],
      patches: [],
    });
    expect(policy.check({ kind: 'env', name: 'PATH' })).toEqual({ allowed: false, reason: 'not-requested' });
  });

  it('takes no patch of the callee where the caller is in the way as well', () => {
    const callee = both(env('HOME'), null);
    expect(delegatePolicy({ callee, caller: both(null, null) }).explain(home).patches).toEqual([]);
    expect(delegatePolicy({ callee, caller: both(env('HOME'), env('HOME')) }).explain(home).patches).toHaveLength(1);
  });

  it('allows by the line of the callee', () => {
    const policy = delegatePolicy({ callee: both(env('HOME'), env('HOME')), caller: both(env('HO*'), env('HO*')) });
    expect(policy.check(home)).toMatchObject({ allowed: true, rule: 'HOME', origin: { source: 'manifest' } });
  });

  it('has the smaller quotas, and a digest that tells who called', () => {
    const callee = both({ ...env('HOME'), quotas: { maxFetches: 50 } }, { quotas: { timeoutMs: 5 } });
    const caller = both({ quotas: { maxFetches: 3 } }, { quotas: { timeoutMs: 9, maxInvokeDepth: 1 } });
    const policy = delegatePolicy({ callee, caller });
    expect(policy.quotas).toEqual({ ...DEFAULT_QUOTAS, maxFetches: 3, timeoutMs: 5, maxInvokeDepth: 1 });
    const again = delegatePolicy({ callee, caller });
    expect(again.digest).toBe(policy.digest);
    const others = [
      callee,
      caller,
      delegatePolicy({ callee: caller, caller: callee }),
      intersectPolicies({ asked: callee, granted: caller }),
    ];
    expect(new Set([policy, ...others].map(({ digest }) => digest)).size).toBe(5);
  });

  it('wants policies of one root, made here', () => {
    const policy = compilePolicy(null, options);
    const wrong = expect.objectContaining({ code: 'ERR_CONFIG_INVALID' });
    const caller = compilePolicy(null, { ...options, root: '/srv/other' });
    expect(() => delegatePolicy({ callee: policy, caller })).toThrow(wrong);
    expect(() => delegatePolicy({ callee: policy, caller: { ...policy } as never })).toThrow(wrong);
    expect(() => delegatePolicy({ callee: policy, calller: policy } as never)).toThrow(wrong);
  });
});
