import { describe, expect, it } from 'vitest';
import {
  checkAllPermissions,
  checkEnvPermission,
  checkFsPermission,
  checkInvokePermission,
  checkNetPermission,
  checkShellPermission,
} from '../src/index.js';

const pointer = (path: string): object => ({ source: 'grant', pointer: path });

describe('one-off checks', () => {
  it('answer about a path below the working directory, or another root', () => {
    const spec = { mode: 'read', allow: ['.'] } as const;
    expect(checkFsPermission('package.json', spec)).toEqual({
      allowed: true,
      rule: '.',
      origin: pointer('/fs/allow/0'),
    });
    expect(checkFsPermission('/path/to/file', spec)).toEqual({ allowed: false, reason: 'outside-root' });
    expect(checkFsPermission('/path/to/file', spec, { root: '/path', platform: 'linux' }).allowed).toBe(true);
    expect(checkFsPermission('a', spec, { operation: 'write' })).toMatchObject({ allowed: false, reason: 'read-only' });
  });

  it('answer about a URL', () => {
    const spec = { allow: ['api.example.com'] };
    expect(checkNetPermission('https://api.example.com', spec)).toEqual({
      allowed: true,
      rule: 'api.example.com',
      origin: pointer('/net/allow/0'),
    });
    expect(checkNetPermission('https://api.example.com.evil.test', spec)).toEqual({
      allowed: false,
      reason: 'not-requested',
    });
  });

  it('answer about a variable', () => {
    const spec = { allow: ['HOME', 'APP_*'] };
    expect(checkEnvPermission('APP_A', spec)).toEqual({
      allowed: true,
      rule: 'APP_*',
      origin: pointer('/env/allow/1'),
    });
    expect(checkEnvPermission('PATH', spec)).toEqual({ allowed: false, reason: 'not-requested' });
  });

  it('answer about a handler of another plugin, and about a command', () => {
    expect(checkInvokePermission('@acme/a:run', { allow: ['@acme/*'] }).allowed).toBe(true);
    expect(checkShellPermission({ command: '/bin/ls', args: ['-l'] }, { allow: [{ command: '/bin/ls' }] })).toEqual({
      allowed: false,
      reason: 'not-requested',
    });
  });

  it('throw at a malformed spec, and at nothing else', () => {
    const wrong = expect.objectContaining({ code: 'ERR_CONFIG_INVALID' });
    expect(() => checkNetPermission('https://a.b', { allow: ['*'] })).toThrow(wrong);
    expect(() => checkEnvPermission('A', { allow: [''] })).toThrow(wrong);
    expect(() => checkFsPermission('a', { mode: 'read', allow: ['..'] })).toThrow(wrong);
    expect(() => checkInvokePermission('a:b', { allow: ['*'] })).toThrow(wrong);
    expect(() => checkShellPermission({ command: '/bin/ls', args: [] }, { allow: [{ command: 'ls' }] })).toThrow(wrong);
    for (const hostile of ['\0', '\ud800', '', 'a'.repeat(1e5), {}, null, Symbol('a'), new Proxy({}, {})] as never[]) {
      expect(checkFsPermission(hostile, { mode: 'read', allow: ['.'] })).toEqual({
        allowed: false,
        reason: 'invalid-path',
      });
      expect(checkNetPermission(hostile, { allow: ['a.b'] })).toEqual({ allowed: false, reason: 'invalid-url' });
      expect(checkEnvPermission(hostile, { allow: ['AB*'] })).toEqual({ allowed: false, reason: 'invalid-name' });
    }
  });
});

describe('checkAllPermissions', () => {
  const yes = checkEnvPermission('HOME', { allow: ['HOME'] });
  const no = checkEnvPermission('HOME', { allow: [] });

  it('allows only what all allow, and keeps every decision', () => {
    expect(checkAllPermissions([yes, yes])).toEqual({ allowed: true, decisions: [yes, yes] });
    expect(checkAllPermissions([yes, no])).toEqual({ allowed: false, decisions: [yes, no] });
  });

  it('denies where nothing was asked', () => {
    expect(checkAllPermissions([])).toEqual({ allowed: false, decisions: [] });
  });
});
