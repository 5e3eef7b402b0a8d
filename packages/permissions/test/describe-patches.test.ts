import type { PermissionRequest, PermissionSpec } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllowed, compilePolicy, describePatches, intersectPolicies, parseNetTarget } from '../src/index.js';
import { requests, specs } from './arbitraries.js';

const options = { root: '/srv/root', platform: 'linux', pointer: '/permissions' } as const;
const read = (path: string): PermissionRequest => ({ kind: 'fs', operation: 'read', path });
const write = (path: string): PermissionRequest => ({ kind: 'fs', operation: 'write', path });
const ECHO: PermissionRequest = { kind: 'shell', command: '/usr/bin/echo', args: ['a b', 'https://me:pw@a.test/'] };
const RENDER: PermissionRequest = {
  kind: 'invoke',
  target: { pluginId: '@acme/report', range: '*', handler: 'render' },
  version: undefined,
};

function hint(request: PermissionRequest, granted: PermissionSpec | null, asked?: PermissionSpec): string | undefined {
  const grant = compilePolicy(granted, options);
  const policy =
    asked === undefined
      ? grant
      : intersectPolicies({ asked: compilePolicy(asked, { ...options, source: 'manifest' }), granted: grant });
  return describePatches(request, policy.explain(request).patches);
}

describe('patches in words', () => {
  it.each<[PermissionRequest, PermissionSpec | null, PermissionSpec | undefined, string | undefined]>([
    [read('secret.txt'), {}, undefined, 'in the grant, add "secret.txt" to /permissions/fs/allow'],
    [read('./a/../b'), null, undefined, 'in the grant, add "b" to /permissions/fs/allow'],
    [
      read('secret.txt'),
      { fs: { mode: 'readWrite', allow: ['a', 'b'] } },
      { fs: { mode: 'read', allow: ['secret.txt'] } },
      'in the grant, add "secret.txt" to /permissions/fs/allow',
    ],
    [
      read('secret.txt'),
      { fs: { mode: 'read', allow: ['a'] } },
      {},
      'in the manifest and in the grant, add "secret.txt" to /permissions/fs/allow',
    ],
    [
      { kind: 'net', url: 'http://me:pw@a.test:8080/?token=secret' },
      {},
      undefined,
      undefined, // User info is refused, whatever rules say.
    ],
    [
      { kind: 'net', url: 'http://a.test:8080/?token=secret' },
      {},
      {},
      'in the manifest and in the grant, add "http://a.test:8080" to /permissions/net/allow',
    ],
    [{ kind: 'env', name: 'HOME' }, null, {}, 'in the manifest and in the grant, add "HOME" to /permissions/env/allow'],
    [{ kind: 'env', name: 'NODE_OPTIONS' }, {}, {}, undefined],
    [RENDER, {}, undefined, 'in the grant, add "@acme/report:render" to /permissions/invoke/allow'],
    [
      ECHO,
      {},
      undefined,
      'in the grant, add {"command":"/usr/bin/echo","args":["a b","https://a.test/"]} to /permissions/shell/allow, with the path that the command really has, where that is a link',
    ],
    [
      { kind: 'shell', command: '/bin/bash', args: [] },
      { shell: { allow: [{ command: '/bin/ls' }, { command: '/bin/bash' }] } },
      undefined,
      'in the grant, add "interpreter": true to the rule of /permissions/shell/allow that matches',
    ],
    [{ kind: 'env', name: 'HOME' }, { env: { allow: ['HOME'] } }, undefined, undefined],
    [read('a\u202eb'), {}, undefined, 'in the grant, add "a\\u{202e}b" to /permissions/fs/allow'],
    [read(`${'a'.repeat(200)}/`.repeat(4)), {}, undefined, 'in the grant, add a rule for it to /permissions/fs/allow'],
  ])('of %j where %j is granted and %j asked for: %4$s', (request, granted, asked, words) => {
    expect(hint(request, granted, asked)).toBe(words);
  });

  it('are the same whatever else a document says', () => {
    const words = 'in the grant, add "a" to /permissions/fs/allow, set /permissions/fs/mode to "readWrite"';
    for (const fs of [
      undefined,
      null,
      { mode: 'read' },
      { mode: 'readWrite' },
      { mode: 'read', allow: [], deny: ['hush/**'] },
      { mode: 'readWrite', allow: ['x', 'y'] },
    ] as const) {
      expect(hint(write('a'), fs === undefined ? {} : { fs })).toBe(words);
    }
    expect(hint(write('a'), null)).toBe(words);
    expect(hint(write('a'), { fs: { mode: 'read', allow: ['.'] } })).toBe(
      'in the grant, set /permissions/fs/mode to "readWrite"',
    );
  });

  it('tell of a rule that denies neither its place nor its text', () => {
    const spec: PermissionSpec = { fs: { mode: 'read', allow: ['.'], deny: ['x', 'hush*'] } };
    expect(hint(read('hush-hush'), spec)).toBe('in the grant, remove what matches from /permissions/fs/deny');
  });

  it('name the section of a spec that is its document, and what one rule allows of an address', () => {
    const target = parseNetTarget('https://localhost:8443/');
    const request = { kind: 'address', target, address: '127.0.0.1' } as const;
    const { patches } = compilePolicy({ net: { allow: ['localhost:8443'] } }, { root: '/srv/root' }).explain(request);
    expect(describePatches(request, patches)).toBe('in the grant, add "127.0.0.1:8443" to /net/allow');
  });

  it('are short, and there where there is a patch', () => {
    fc.assert(
      fc.property(specs, requests, (spec, request) => {
        const { patches } = compilePolicy(spec, options).explain(request);
        const words = describePatches(request, patches);
        expect(words === undefined).toBe(patches.length === 0);
        expect(words?.length ?? 0).toBeLessThanOrEqual(5000);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('are the hint of who asserts', () => {
    expect(() => assertAllowed(compilePolicy({}, options), read('a'))).toThrow(
      expect.objectContaining({ hint: 'in the grant, add "a" to /permissions/fs/allow' }),
    );
    expect(() => assertAllowed(compilePolicy({}, options), read('../a'))).toThrow(
      expect.objectContaining({ hint: 'name a path below the root, or let the host choose a root that holds it' }),
    );
  });
});
