import type { FsOperation } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy, intersectPolicies } from '../src/index.js';

const all = (glob: (n: number) => string): string[] => Array.from({ length: 256 }, (_, n) => glob(n));
const names = (count: number, name: string): string => Array.from({ length: count }, () => name).join('/');
const long = `${'a'.repeat(252)}b`;
const options = { root: '/root', platform: 'linux' } as const;

describe('globs and paths that take long to compare', () => {
  it.each<[string, (n: number) => string, string]>([
    ['runs of names', (n) => `**/${'*a?a?a?b*/'.repeat(14)}*a?a?a?${n}*/**/*`, names(16, long)],
    ['runs of short names', (n) => `**/${'*a?a?b*/'.repeat(28)}*a?${n}*/**/*`, names(127, `${'a'.repeat(30)}b`)],
    ['names as they are', (n) => `**/${'a/'.repeat(27)}b${n}/**/*`, names(128, 'a')],
    ['one name for one', (n) => `**/${'?/'.repeat(27)}b${n}/**/*`, names(128, 'a')],
  ])('are refused, and without an end of time to tell why: %s', (_, glob, path) => {
    const fs = { mode: 'readWrite', allow: all(glob), deny: all((n) => glob(n + 1000)) } as const;
    const hostile = compilePolicy({ fs }, options);
    const granted = compilePolicy({ fs: { mode: 'readWrite', allow: ['**'] } }, options);
    for (const operation of ['read', 'write', 'delete', 'list', 'stat'] satisfies FsOperation[]) {
      const request = { kind: 'fs', operation, path } as const;
      const decision = hostile.check(request);
      expect(decision.allowed).toBe(false);
      expect(intersectPolicies({ asked: hostile, granted }).check(request)).toEqual(decision);
      expect(hostile.explain(request)).toMatchObject({ decision });
    }
    expect(hostile.check({ kind: 'fs', operation: 'read', path })).toMatchObject({ reason: 'invalid-path' });
  });

  it('are far beyond what as many globs as there may be take in a deep tree', () => {
    const path = `${names(20, 'component-directory')}/some.test.ts`;
    const dear = (n: number): string => `**/*component*directory-${n}*/**/*.test.ts`;
    const fs = {
      mode: 'read',
      allow: [...all(dear).slice(1), '**/*.test.ts'],
      deny: all((n) => dear(n + 1000)),
    } as const;
    const policy = compilePolicy({ fs }, options);
    expect(
      intersectPolicies({ asked: policy, granted: policy }).check({ kind: 'fs', operation: 'read', path }),
    ).toMatchObject({
      allowed: true,
      rule: '**/*.test.ts',
    });
  });
});
