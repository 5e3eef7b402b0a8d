import { describe, expect, it } from 'vitest';
import { parseNetRule } from '../src/net-rule.js';

describe('network rules', () => {
  it.each([
    ['api.example.com', 'name', undefined, undefined],
    ['API.Example.COM.', 'name', undefined, undefined],
    ['b\u{FC}cher.example', 'name', undefined, undefined],
    ['https://api.example.com', 'name', 'https', undefined],
    ['HTTP://localhost:8080', 'name', 'http', 8080],
    ['http://localhost:*', 'name', 'http', '*'],
    ['*.example.com', 'below', undefined, undefined],
    ['*.example.com:8443', 'below', undefined, 8443],
    ['127.0.0.1', 'address', undefined, undefined],
    ['http://127.0.0.1:3000', 'address', 'http', 3000],
    ['10.0.0.0/8:443', 'address', undefined, 443],
    ['0.0.0.0/0', 'address', undefined, undefined],
    ['::1', 'address', undefined, undefined],
    ['fd00::/8', 'address', undefined, undefined],
    ['[::1]:8443', 'address', undefined, 8443],
    ['[fd00::]/8:443', 'address', undefined, 443],
    ['http://[fd00::/8]:*', 'address', 'http', '*'],
  ])('%s is a rule', (text, kind, scheme, port) => {
    expect(parseNetRule(text)).toEqual({
      ok: true,
      rule: { host: expect.objectContaining({ kind }), scheme, port },
    });
  });

  it.each([
    ['', 'is empty'],
    ['*', 'every host'],
    ['https://*', 'every host'],
    ['*.com', 'top level'],
    ['*.localhost', 'top level'],
    ['a*.example.com', 'whole left label'],
    ['*.*.example.com', 'whole left label'],
    ['*.10.0.0.1', 'address'],
    ['example.com/path', 'leave out paths'],
    ['https://example.com/', 'leave out paths'],
    ['example.com/8', 'prefix behind a name'],
    ['!example.com', 'is no host name'],
    ['\u{FF01}example.com', 'is no host name'],
    ['https://*.$HOME.com', 'is no host name'],
    ['(a|b).example.com', 'is no host name'],
    ['user@example.com', 'user info'],
    ['example.com?x', 'user info'],
    ['example.com\\@evil.test', 'user info'],
    ['ex%61mple.com', 'an escape'],
    ['wss://example.com', 'the scheme "wss"'],
    ['file:///etc', 'the scheme "file"'],
    ['example.com:0', 'outside 1 to 65535'],
    ['example.com:65536', 'outside 1 to 65535'],
    ['example.com:25', 'which fetch refuses'],
    ['example.com:', 'is no "[scheme://]'],
    ['10.0.0.0/33', 'prefix length'],
    ['10.0.0.0/08', 'prefix length'],
    ['fd00::/129', 'prefix length'],
    ['10.1.2.3/8', 'beyond its prefix'],
    ['fd00::1/8', 'beyond its prefix'],
    ['::ffff:10.0.0.1', 'write the IPv4 address'],
    ['127.1', 'means the address 127.0.0.1'],
    ['0x7f000001', 'means the address 127.0.0.1'],
    ['2130706433', 'means the address 127.0.0.1'],
    ['0177.0.0.1', 'means the address 127.0.0.1'],
    ['[fe80::1%eth0]', 'an escape'],
    ['a b.example', 'a space'],
    ['a\0.example', 'a space or control character'],
    ['a..example', 'no host name'],
    [`${'a'.repeat(64)}.example`, 'no host name'],
    ['exa<mple.com', 'no host name'],
  ])('%j is refused', (text, advice) => {
    expect(parseNetRule(text)).toEqual({ ok: false, problem: expect.stringContaining(advice) });
  });
});
