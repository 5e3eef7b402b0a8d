import type { PermissionSpec } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../src/index.js';

const options = { root: '/srv/root', platform: 'linux' } as const;

describe('a digest', () => {
  const digest = (spec: PermissionSpec, changes: object = {}): string =>
    compilePolicy(spec, { ...options, ...changes }).digest;

  it('is the same for the same policy, however it is spelt', () => {
    const one = digest({ fs: { mode: 'read', allow: ['./src/', 'lib'] }, net: { allow: ['A.test'] } });
    const other = digest({
      net: { allow: ['https://a.test:443', 'a.test.'], deny: [], reason: 'x' },
      fs: { mode: 'read', allow: ['lib', 'src', 'src'], deny: null },
      env: {},
    });
    expect(other).toBe(one);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same for rules of artifacts, events, invocations and commands that say the same', () => {
    const one = digest({
      artifacts: { read: [{ from: 'self', paths: ['a', 'b'], types: ['Text/*'] }], write: [{ paths: ['x'] }] },
      events: { produce: ['a', 'b'], scopes: ['plugin', 'execution'] },
      invoke: { allow: ['@acme/a@*:run', 'b'] },
      shell: { allow: [{ command: '/bin/ls', args: [] }, { command: '/bin/cat' }] },
    });
    const other = digest({
      shell: { allow: [{ command: '/bin/cat' }, { command: '/bin/ls' }], reason: 'x' },
      invoke: { allow: ['b', '@acme/a:run', 'b'], deny: [] },
      events: { produce: ['b', 'a', 'a'], consume: null },
      artifacts: { write: [{ paths: ['x', 'x'] }], read: [{ from: 'self', paths: ['b', 'a'], types: ['text/*'] }] },
    });
    expect(other).toBe(one);
  });

  it('is another for other artifacts, events, invocations and commands', () => {
    const shell = { command: '/bin/ls' };
    const digests = [
      digest({}),
      digest({ artifacts: { read: [{ from: 'self', paths: ['a'] }] } }),
      digest({ artifacts: { read: [{ from: '*', paths: ['a'] }] } }),
      digest({ artifacts: { read: [{ from: 'self', paths: ['a'], types: ['a/b'] }] } }),
      digest({ artifacts: { write: [{ paths: ['a'] }] } }),
      digest({ events: { produce: ['a'] } }),
      digest({ events: { consume: ['a'] } }),
      digest({ events: { consume: ['a'], scopes: ['host'] } }),
      digest({ events: { consume: ['a'], scopes: null } }),
      digest({ invoke: { allow: ['a'] } }),
      digest({ invoke: { deny: ['a'] } }),
      digest({ invoke: { allow: ['a@^1'] } }),
      digest({ shell: { allow: [shell] } }),
      digest({ shell: { allow: [{ ...shell, args: ['a', 'b'] }] } }),
      digest({ shell: { allow: [{ ...shell, args: ['b', 'a'] }] } }),
      digest({ shell: { allow: [{ ...shell, interpreter: true }] } }),
      digest({ quotas: { maxInvokeDepth: 0 } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digest({ events: { consume: ['a'], scopes: [] } })).toBe(
      digest({ events: { consume: ['a'], scopes: null } }),
    );
    expect(digest({ events: { scopes: ['host'] }, shell: { allow: [] }, artifacts: {} })).toBe(digests[0]);
  });

  it('is another for another policy', () => {
    const spec = { fs: { mode: 'read', allow: ['src'] } } as const;
    const digests = [
      digest(spec),
      digest({ fs: { ...spec.fs, mode: 'readWrite' } }),
      digest({ fs: { ...spec.fs, deny: ['src'] } }),
      digest({ fs: { mode: 'read', allow: ['src/**'] } }),
      digest({ ...spec, net: { allow: ['a.test'] } }),
      digest({ ...spec, net: { deny: ['a.test'] } }),
      digest({ ...spec, quotas: { timeoutMs: 1 } }),
      digest(spec, { root: '/srv/other' }),
      digest(spec, { protectedPaths: ['/srv/root/src'] }),
      digest(spec, { hiddenPaths: ['/srv/root/src'] }),
      digest(spec, { platform: 'darwin' }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
