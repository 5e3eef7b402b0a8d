import { describe, expect, it } from 'vitest';
import {
  checkFsPermission,
  compilePolicy,
  createQuotaMeter,
  DEFAULT_QUOTAS,
  intersectPolicies,
  parseFsTarget,
  parsePermissionSpec,
} from '../src/index.js';

const root = '/srv/root';
const policy = compilePolicy({}, { root, platform: 'linux' });
const fs = { mode: 'read' } as const;

// What a caller without types, or with a spread object, may hand in.
const anyOptions = (options: unknown): never => options as never;

describe('unknown options', () => {
  it('are refused by name, beside the names that exist', () => {
    expect(() => compilePolicy({}, anyOptions({ root, protectedPath: ['/srv/code'] }))).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message:
          'at /protectedPath: there is no option "protectedPath"; there are "root", "source", "pointer", "protectedPaths", "hiddenPaths", "platform"',
        details: { pointer: '/protectedPath', issues: [{ pointer: '/protectedPath', message: expect.any(String) }] },
      }),
    );
  });

  it.each<[string, () => unknown, string]>([
    ['parsePermissionSpec', () => parsePermissionSpec({}, anyOptions({ cod: 'x' })), '/cod'],
    ['intersectPolicies', () => intersectPolicies(anyOptions({ asked: policy, granted: policy, grant: 1 })), '/grant'],
    ['checkFsPermission', () => checkFsPermission('a', fs, anyOptions({ operations: ['write'] })), '/operations'],
    ['parseFsTarget', () => parseFsTarget('a', anyOptions({ root, plattform: 'win32' })), '/plattform'],
    ['createQuotaMeter', () => createQuotaMeter(anyOptions({ ...DEFAULT_QUOTAS, maxFetchs: 1 })), '/maxFetchs'],
    ['compilePolicy', () => compilePolicy({}, anyOptions({ root, source: undefined, 'a/b': 1 })), '/a~1b'],
  ])('are refused by %s', (_, call, pointer) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it.each([undefined, null, '/srv/root', 1])('are refused where there is %j instead of an object', (options) => {
    expect(() => compilePolicy({}, anyOptions(options))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: 'at the top: the options must be an object' }),
    );
  });
});

describe('malformed options', () => {
  it.each<[string, () => unknown, string]>([
    ['another platform', () => compilePolicy({}, anyOptions({ root, platform: 'windows' })), '/platform'],
    [
      'one path instead of a list',
      () => compilePolicy({}, anyOptions({ root, protectedPaths: '/a' })),
      '/protectedPaths',
    ],
    [
      'a relative path',
      () => compilePolicy({}, { root, platform: 'linux', protectedPaths: ['/a', 'b'] }),
      '/protectedPaths/1',
    ],
    ['a pointer without a slash', () => parsePermissionSpec({}, { pointer: 'permissions' }), '/pointer'],
    ['another code', () => parsePermissionSpec({}, anyOptions({ code: 'ERR_TIMEOUT' })), '/code'],
    ['another source', () => compilePolicy({}, anyOptions({ root, source: 'mandatory' })), '/source'],
  ])('are refused: %s', (_, call, pointer) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });
});
