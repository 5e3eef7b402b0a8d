import type { PermissionRequest } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllowed, compilePolicy, describeTarget } from '../src/index.js';

const policy = compilePolicy(
  {
    fs: { mode: 'readWrite', allow: ['.'] },
    net: { allow: ['a.test'] },
    env: { allow: ['HOME'] },
    invoke: { allow: ['@acme/*'] },
    shell: { allow: [{ command: '/bin/ls', args: ['**'] }] },
  },
  { root: '/srv/root', platform: 'linux' },
);

// Callers without types ask anything.
const check: (request: never) => unknown = (request) => policy.check(request);
const explain: (request: never) => { readonly decision: unknown; readonly text: string } = (request) =>
  policy.explain(request);
const describeAny: (request: never) => string = describeTarget;

function fail(): never {
  throw new Error('a trap of whoever asks');
}

function throwing(...names: readonly string[]): object {
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: fail, enumerable: true }])));
}

describe('a question', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({ kind: 'env', name: 'HOME' }, {});
  revoke();

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'invalid-request'],
    ['null', null, 'invalid-request'],
    ['a text', 'fs', 'invalid-request'],
    ['an empty object', {}, 'invalid-request'],
    ['another kind', { kind: 'clock' }, 'invalid-request'],
    ['no target', { kind: 'invoke' }, 'invalid-request'],
    ['a target that throws', Object.assign(throwing('target'), { kind: 'invoke' }), 'invalid-request'],
    [
      'a target whose parts throw',
      { kind: 'invoke', target: throwing('pluginId', 'range', 'handler') },
      'invalid-request',
    ],
    ['a target that is a revoked proxy', { kind: 'invoke', target: revoked }, 'invalid-request'],
    ['no command', { kind: 'shell', args: [] }, 'invalid-path'],
    ['a command that throws', Object.assign(throwing('command'), { kind: 'shell', args: [] }), 'invalid-path'],
    ['arguments that throw', Object.assign(throwing('args'), { kind: 'shell', command: '/bin/ls' }), 'invalid-request'],
    ['arguments that are a revoked proxy', { kind: 'shell', command: '/bin/ls', args: revoked }, 'invalid-request'],
    ['arguments without end', { kind: 'shell', command: '/bin/ls', args: { length: 2 ** 31 } }, 'invalid-request'],
    ['arguments that are a text', { kind: 'shell', command: '/bin/ls', args: 'ab' }, 'invalid-request'],
    ['another operation', { kind: 'fs', operation: 'chmod', path: 'a' }, 'invalid-request'],
    ['a kind that throws', throwing('kind'), 'invalid-request'],
    ['a proxy that throws', new Proxy({}, { get: fail, getPrototypeOf: fail }), 'invalid-request'],
    ['a revoked proxy', revoked, 'invalid-request'],
    ['a path that throws', Object.assign(throwing('path'), { kind: 'fs', operation: 'read' }), 'invalid-path'],
    ['a URL that throws', Object.assign(throwing('url'), { kind: 'net' }), 'invalid-url'],
    ['an address that throws', Object.assign(throwing('address', 'target'), { kind: 'address' }), 'invalid-url'],
    ['a name that throws', Object.assign(throwing('name'), { kind: 'env' }), 'invalid-name'],
    ['a path that is a revoked proxy', { kind: 'fs', operation: 'read', path: revoked }, 'invalid-path'],
    ['a URL that is a revoked proxy', { kind: 'net', url: revoked }, 'invalid-url'],
  ])('that is %s is denied, told and refused without throwing anything else', (_, request, reason) => {
    const denied = { allowed: false, reason };
    expect(check(request as never)).toEqual(denied);
    expect(explain(request as never)).toEqual({
      decision: denied,
      text: expect.any(String),
      considered: [],
      patches: [],
    });
    expect(describeAny(request as never)).toEqual(expect.any(String));
    expect(() => assertAllowed(policy, request as never)).toThrow(
      expect.objectContaining({ code: 'ERR_PERMISSION_DENIED', details: expect.objectContaining({ reason }) }),
    );
  });

  it('is read once, so that what is told is what was decided on', () => {
    let reads = 0;
    const turning = {
      kind: 'env',
      get name(): string {
        reads += 1;
        return reads === 1 ? 'HOME' : 'PATH';
      },
    } satisfies PermissionRequest;
    expect(policy.explain(turning).text).toBe('env access to HOME is allowed by "HOME" in the grant at /env/allow/0.');
    expect(reads).toBe(1);
  });

  it('never makes a policy throw, whatever it is', () => {
    const kind = fc.constantFrom('fs', 'net', 'env', 'address', 'invoke', 'shell');
    const anything = fc.anything({ withNullPrototype: true, withSparseArray: true, withTypedArray: true });
    const members = fc.record({
      operation: anything,
      path: anything,
      url: anything,
      target: anything,
      address: anything,
      version: anything,
      command: anything,
      args: anything,
      interpreter: anything,
    });
    const names = fc.subarray([
      'kind',
      'operation',
      'path',
      'url',
      'target',
      'address',
      'name',
      'version',
      'command',
      'args',
      'interpreter',
    ]);
    const hostile = fc.oneof(
      anything,
      fc
        .tuple(kind, members, names)
        .map(([value, parts, bad]) =>
          Object.defineProperties(
            { kind: value, ...parts },
            Object.fromEntries(bad.map((name) => [name, { get: fail }])),
          ),
        ),
      fc
        .tuple(kind, anything)
        .map(
          ([value, part]) =>
            new Proxy({}, { get: (_, name) => (name === 'kind' ? value : part), ownKeys: fail, getPrototypeOf: fail }),
        ),
    );
    fc.assert(
      fc.property(hostile, (request) => {
        expect(check(request as never)).toMatchObject({ allowed: false });
        expect(explain(request as never).decision).toMatchObject({ allowed: false });
        expect(describeAny(request as never).length).toBeLessThanOrEqual(1024);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
