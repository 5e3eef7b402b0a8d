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
