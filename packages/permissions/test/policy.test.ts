import type {
  PatchOperation,
  PermissionPatch,
  PermissionPolicy,
  PermissionRequest,
  PermissionSpec,
} from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllowed, compilePolicy, intersectPolicies, parseNetTarget } from '../src/index.js';
import { addresses, requests, specs } from './arbitraries.js';

const options = { root: '/srv/root', platform: 'linux' } as const;
const seeded = { seed: 1, numRuns: 2000 };

/** RFC 6902, as far as explanations use it. */
function applyPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  return operations.reduce((current, { op, path, value }) => {
    const copy: unknown = structuredClone({ '': current });
    const keys = ['', ...path.split('/').slice(1)];
    const last = keys.pop() ?? '';
    // Tests only: the walk fails where a pointer leads nowhere.
    const parent = keys.reduce((at, key) => Reflect.get(Object(at), key), path === '' ? Object(copy) : Object(copy));
    if (Array.isArray(parent)) {
      if (op === 'remove') parent.splice(Number(last), 1);
      else parent.splice(last === '-' ? parent.length : Number(last), op === 'replace' ? 1 : 0, value);
    } else if (op === 'remove') Reflect.deleteProperty(parent, last);
    else Reflect.set(parent, last, structuredClone(value));
    return Reflect.get(Object(copy), '');
  }, document);
}

function patched(
  spec: PermissionSpec | null,
  patches: readonly PermissionPatch[],
  document: string,
): PermissionSpec | null {
  const operations = patches.filter((patch) => patch.document === document).flatMap((patch) => patch.operations);
  // What comes out is parsed again by `compilePolicy`.
  return applyPatch(spec, operations) as PermissionSpec | null;
}

function shuffled(spec: PermissionSpec | null): PermissionSpec | null {
  const turn = (rules: unknown): unknown => (Array.isArray(rules) ? [...rules, ...rules].toReversed() : rules);
  const sections = Object.entries(spec ?? {})
    .toReversed()
    .map(([key, section]) => {
      if (section === null || key === 'quotas') return [key, section];
      return [
        key,
        Object.fromEntries(
          Object.entries(section)
            .toReversed()
            .map(([name, value]) => [name, turn(value)]),
        ),
      ];
    });
  return spec === null ? null : Object.fromEntries(sections);
}

describe('a policy', () => {
  it('denies what nobody asked for', () => {
    const policy = compilePolicy({ fs: { mode: 'read', allow: ['src/**'] } }, { root: process.cwd() });
    expect(policy.check({ kind: 'env', name: 'HOME' })).toEqual({ allowed: false, reason: 'not-requested' });
  });

  it.each([null, undefined, {}])('of %j denies all', (spec) => {
    const policy = compilePolicy(spec, options);
    const asked: PermissionRequest[] = [
      { kind: 'fs', operation: 'stat', path: '.' },
      { kind: 'net', url: 'https://a.test/' },
      { kind: 'env', name: 'HOME' },
      { kind: 'invoke', target: { pluginId: '@acme/a', range: '*', handler: 'run' }, version: undefined },
      { kind: 'shell', command: '/bin/ls', args: [] },
    ];
    expect(asked.map((request) => policy.check(request))).toEqual(
      asked.map(() => ({ allowed: false, reason: 'not-requested' })),
    );
  });

  it('is frozen, and keeps no hold on the spec', () => {
    const spec = { env: { allow: ['HOME'] } };
    const policy = compilePolicy(spec, options);
    spec.env.allow.push('PATH');
    expect(policy.check({ kind: 'env', name: 'PATH' }).allowed).toBe(false);
    expect([policy, policy.quotas, policy.check({ kind: 'env', name: 'HOME' })].every(Object.isFrozen)).toBe(true);
  });

  it('names the document and the line', () => {
    const policy = compilePolicy(
      { env: { allow: ['HOME'] } },
      { ...options, source: 'manifest', pointer: '/permissions' },
    );
    expect(policy.check({ kind: 'env', name: 'HOME' })).toEqual({
      allowed: true,
      rule: 'HOME',
      origin: { source: 'manifest', pointer: '/permissions/env/allow/0' },
    });
  });

  it.each([
    [{ root: 'relative' }, '/root'],
    [{ root: '' }, '/root'],
    [{ root: '/a\0' }, '/root'],
  ])('refuses the options %j', (wrong, pointer) => {
    expect(() => compilePolicy(null, { platform: 'linux', ...wrong })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it('refuses a malformed manifest with a code of its own', () => {
    expect(() => compilePolicy({ env: { allow: ['*'] } }, { ...options, source: 'manifest' })).toThrow(
      expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }),
    );
  });

  it('never throws, and asks the same twice with the same answer', () => {
    const hostile = fc.record({
      kind: fc.constantFrom('fs', 'net', 'env', 'address', 'invoke', 'shell'),
      operation: fc.anything(),
      path: fc.anything(),
      url: fc.anything(),
      target: fc.anything(),
      address: fc.anything(),
      name: fc.anything(),
      version: fc.anything(),
      command: fc.anything(),
      args: fc.oneof(fc.anything(), fc.array(fc.anything())),
      interpreter: fc.anything(),
    });
    fc.assert(
      fc.property(specs, hostile, (spec, request) => {
        const policy = compilePolicy(spec, options);
        const decision = policy.check(request as never);
        expect(policy.check(request as never)).toEqual(decision);
        expect(policy.explain(request as never).decision).toEqual(decision);
      }),
      seeded,
    );
  });

  it('does not depend on the order of rules, nor on duplicates', () => {
    fc.assert(
      fc.property(specs, requests, (spec, request) => {
        const [one, other] = [compilePolicy(spec, options), compilePolicy(shuffled(spec), options)];
        const { allowed, rule } = one.check(request);
        expect(other.check(request)).toMatchObject(rule === undefined ? { allowed } : { allowed });
        expect(other.digest).toBe(one.digest);
      }),
      seeded,
    );
  });

  it('never allows more by a further deny rule', () => {
    fc.assert(
      fc.property(specs, specs, requests, (spec, other, request) => {
        const denying = { ...spec, [request.kind]: { mode: 'readWrite', ...Reflect.get(spec ?? {}, request.kind) } };
        // Commands have no deny.
        fc.pre(request.kind !== 'shell');
        const section = Reflect.get(denying, request.kind);
        const more = Reflect.get(other ?? {}, request.kind)?.deny ?? [];
        const merged = { ...section, deny: [...(section.deny ?? []), ...more] };
        if (request.kind !== 'fs') delete merged.mode;
        const stricter = compilePolicy({ ...denying, [request.kind]: merged }, options).check(request);
        const before = compilePolicy(spec, options).check(request);
        expect(stricter.allowed && !before.allowed).toBe(false);
      }),
      seeded,
    );
  });
});

describe('an explanation', () => {
  it('tells the lines and the patch', () => {
    const policy = compilePolicy({ fs: { mode: 'read', allow: ['.'], deny: ['src', '**/*.ts'] } }, options);
    expect(policy.explain({ kind: 'fs', operation: 'write', path: 'src/a.ts' })).toEqual({
      decision: expect.objectContaining({ reason: 'denied-by-rule' }),
      text: 'fs access to src/a.ts is denied (denied-by-rule) by "src" in the grant at /fs/deny/0.',
      considered: [
        { rule: 'src', origin: { source: 'grant', pointer: '/fs/deny/0' } },
        { rule: '**/*.ts', origin: { source: 'grant', pointer: '/fs/deny/1' } },
        { rule: '.', origin: { source: 'grant', pointer: '/fs/allow/0' } },
        { rule: 'mode: read', origin: { source: 'grant', pointer: '/fs/mode' } },
      ],
      patches: [
        {
          document: 'grant',
          operations: [
            { op: 'remove', path: '/fs/deny/1' },
            { op: 'remove', path: '/fs/deny/0' },
            { op: 'replace', path: '/fs/mode', value: 'readWrite' },
          ],
        },
      ],
    });
  });

  it('has no patch where it is allowed, and where no rule can allow it', () => {
    const policy = compilePolicy(
      { fs: { mode: 'readWrite', allow: ['.'] } },
      { ...options, protectedPaths: ['/srv/root/code'] },
    );
    for (const [operation, path] of [
      ['read', 'a'],
      ['read', '.env'],
      ['write', 'code/a'],
      ['read', '../a'],
      ['read', '\0'],
    ] as const) {
      expect(policy.explain({ kind: 'fs', operation, path }).patches).toEqual([]);
    }
    expect(policy.explain({ kind: 'env', name: 'NODE_OPTIONS' }).patches).toEqual([]);
    expect(policy.explain({ kind: 'net', url: 'https://169.254.169.254/' }).patches).toEqual([]);
    expect(policy.explain({ kind: 'net', url: 'ftp://a.test/' }).patches).toEqual([]);
  });

  it('has patches that allow what was denied', () => {
    fc.assert(
      fc.property(specs, requests, (spec, request) => {
        const { decision, patches } = compilePolicy(spec, options).explain(request);
        fc.pre(!decision.allowed && patches.length > 0);
        expect(compilePolicy(patched(spec, patches, 'grant'), options).check(request)).toMatchObject({ allowed: true });
      }),
      seeded,
    );
  });

  it('has a patch for each denial by rules or for want of them', () => {
    const liftable = new Set(['not-requested', 'denied-by-rule', 'read-only', 'interpreter']);
    fc.assert(
      fc.property(specs, requests, (spec, request) => {
        const { decision, patches } = compilePolicy(spec, options).explain(request);
        fc.pre(!decision.allowed && liftable.has(decision.reason));
        // Of these, no rule can say `A*` as a name or `*` as an argument, nor allow a metadata service.
        fc.pre(!(request.kind === 'env' && request.name === 'A*'));
        fc.pre(!(request.kind === 'shell' && request.args.includes('*')));
        expect(patches).toHaveLength(1);
      }),
      seeded,
    );
  });

  it('has patches in both documents that allow what either denied', () => {
    const compile = (asked: PermissionSpec | null, granted: PermissionSpec | null): PermissionPolicy =>
      intersectPolicies({
        asked: compilePolicy(asked, { ...options, source: 'manifest' }),
        granted: compilePolicy(granted, options),
      });
    const url = fc.constantFrom('https://a.test/', 'http://localhost:8443/', 'https://10.0.0.1/');
    const address = fc.record({
      kind: fc.constant('address' as const),
      target: url.map(parseNetTarget),
      address: addresses,
    });
    fc.assert(
      fc.property(specs, specs, fc.oneof(requests, address), (asked, granted, request) => {
        const { decision, patches } = compile(asked, granted).explain(request);
        fc.pre(!decision.allowed && patches.length > 0);
        const lifted = compile(patched(asked, patches, 'manifest'), patched(granted, patches, 'grant'));
        expect(lifted.check(request)).toMatchObject({ allowed: true });
      }),
      seeded,
    );
  });
});

describe('assertAllowed', () => {
  const policy = compilePolicy({ env: { allow: ['HOME'] } }, options);

  it('returns the decision that allows', () => {
    expect(assertAllowed(policy, { kind: 'env', name: 'HOME' })).toMatchObject({ rule: 'HOME' });
  });

  it('throws where it is denied', () => {
    expect(() => assertAllowed(policy, { kind: 'env', name: 'PATH' })).toThrow(
      expect.objectContaining({
        code: 'ERR_PERMISSION_DENIED',
        message: 'env access to PATH is denied: not-requested',
      }),
    );
  });
});
