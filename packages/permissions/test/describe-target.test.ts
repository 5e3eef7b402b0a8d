import type { PermissionRequest } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { describeTarget, parseFsTarget, parseNetTarget, PermissionDeniedError } from '../src/index.js';

const root = '/srv/root';

describe('describeTarget', () => {
  it.each<[PermissionRequest, string]>([
    [{ kind: 'fs', operation: 'read', path: '../a b' }, '../a b'],
    [{ kind: 'fs', operation: 'read', path: parseFsTarget('x/../a', { root, platform: 'linux' }) }, 'x/../a'],
    [{ kind: 'net', url: 'https://user:secret@a.b:81/p/q@r?token=secret#secret' }, 'https://a.b:81/p/q@r'],
    [{ kind: 'net', url: 'https:user:secret@a.b/' }, 'https:a.b/'],
    [{ kind: 'net', url: 'https:\\\\user:secret@a.b\\p' }, 'https:\\\\a.b\\p'],
    [{ kind: 'net', url: 'https://a@b@c@host/' }, 'https://host/'],
    [{ kind: 'net', url: ' https://user:secret@host/' }, ' https://host/'],
    [{ kind: 'net', url: 'ht\ttps://user:secret@host/' }, 'ht\\u{9}tps://host/'],
    [{ kind: 'net', url: 'https:/\n/user:secret@host/' }, 'https:/\\u{a}/host/'],
    [{ kind: 'net', url: 'blob:https://user:secret@host/' }, 'blob:https://host/'],
    [{ kind: 'net', url: `https://user:${'secret'.repeat(1000)}@host/` }, 'https://'],
    [{ kind: 'net', url: parseNetTarget('https://a.b/?token=secret') }, 'https://a.b/'],
    [{ kind: 'address', target: parseNetTarget('https://a.b/?x'), address: '10.0.0.1' }, '10.0.0.1 for https://a.b/'],
    [{ kind: 'env', name: 'HOME' }, 'HOME'],
    [
      { kind: 'invoke', target: { pluginId: '@acme/a', range: '^1', handler: 'run' }, version: '1.0.0' },
      '@acme/a@^1:run',
    ],
    [{ kind: 'invoke', target: { pluginId: 'a', range: '*', handler: 'run' }, version: undefined }, 'a:run'],
    [{ kind: 'shell', command: '/bin/ls', args: ['-l', 'a b', '', '"', '$(x)'] }, '/bin/ls -l "a b" "" "\\"" $(x)'],
    [
      { kind: 'shell', command: '/bin/get', args: ['https://me:secret@a.b/', '--url=https://x:secret@c/d'] },
      '/bin/get https://a.b/ --url=https://c/d',
    ],
    [
      { kind: 'env', name: 'A\n[INFO] fake\u{1b}[31m\u{202E}\ud800' },
      'A\\u{a}[INFO] fake\\u{1b}[31m\\u{202e}\\u{d800}',
    ],
  ])('%j → %s', (request, text) => {
    expect(describeTarget(request)).toBe(text);
  });

  it.each(['a'.repeat(1e6), '\n'.repeat(5000)])('says 1024 characters at most', (name) => {
    expect(describeTarget({ kind: 'env', name })).toHaveLength(1024);
  });

  it('shows no beginning of a secret that it cuts off', () => {
    const url = `https://me:${'secret'.repeat(300)}@a.b/`;
    expect(describeTarget({ kind: 'shell', command: '/bin/get', args: ['a'.repeat(900), url] })).not.toContain(
      'secret',
    );
    expect(describeTarget({ kind: 'shell', command: '/bin/get', args: Array(4096).fill('a'.repeat(30)) })).toHaveLength(
      1024,
    );
  });

  it.each<[unknown]>([
    [undefined],
    [1],
    [Symbol('a')],
    [new Proxy({}, { getOwnPropertyDescriptor: () => expect.unreachable() })],
    [
      {
        get asWritten(): never {
          return expect.unreachable();
        },
      },
    ],
  ])('runs no code of what it describes', (path) => {
    expect(describeTarget({ kind: 'fs', operation: 'read', path: path as never })).toContain('no string');
  });
});

describe('PermissionDeniedError', () => {
  it('says what was refused, for what, why, and what to do', () => {
    const error = new PermissionDeniedError({ kind: 'net', url: 'https://a.b/?token=secret' }, 'not-granted');
    expect({ ...error, message: error.message, http: error.http }).toEqual({
      name: 'PermissionDeniedError',
      code: 'ERR_PERMISSION_DENIED',
      message: 'net access to https://a.b/ is denied: not-granted',
      details: { kind: 'net', target: 'https://a.b/', reason: 'not-granted' },
      hint: 'let the host grant it; the manifest asks for it',
      http: 403,
    });
  });

  it('says what a command is named by', () => {
    const command = (name: string): unknown =>
      new PermissionDeniedError({ kind: 'shell', command: name, args: [] }, 'invalid-path').hint;
    expect(command('wc')).toBe('name the command by its absolute path, without ".", ".." or "//", such as /usr/bin/wc');
    expect(new PermissionDeniedError({ kind: 'env', name: 'A' }, 'not-requested', 'do this').hint).toBe('do this');
  });
});
