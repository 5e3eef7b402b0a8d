import type { NetPermissionSpec, PermissionDecision } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { compilePolicy, parseNetTarget } from '../src/index.js';

const root = '/srv/root';

function ask(spec: NetPermissionSpec, url: string): PermissionDecision {
  return compilePolicy({ net: spec }, { root }).check({ kind: 'net', url });
}

function askAddress(spec: NetPermissionSpec, url: string, address: string): PermissionDecision {
  const target = parseNetTarget(url);
  return compilePolicy({ net: spec }, { root }).check({ kind: 'address', target, address });
}

function outcome(decision: PermissionDecision): string {
  return decision.allowed ? 'allowed' : decision.reason;
}

describe('names', () => {
  const spec = { allow: ['https://api.good.com', '*.cdn.good.com'] };

  it.each([
    ['https://api.good.com/v1', 'allowed'],
    ['https://api.good.com:443/', 'allowed'],
    ['https://API.GOOD.COM/', 'allowed'],
    ['https://api.good.com./', 'allowed'],
    ['https://\u{FF41}pi.good.com/', 'allowed'],
    ['https://a.b.cdn.good.com/', 'allowed'],
    ['https://cdn.good.com/', 'not-requested'],
    ['https://.cdn.good.com/', 'invalid-url'],
    ['https://.a.cdn.good.com/', 'invalid-url'],
    ['https://a..cdn.good.com/', 'invalid-url'],
    ['https://a.cdn.good.com../', 'invalid-url'],
    ['https://xcdn.good.com/', 'not-requested'],
    ['http://api.good.com/', 'not-requested'],
    ['https://api.good.com:8443/', 'not-requested'],
    ['https://evil.com#@api.good.com/', 'not-requested'],
    ['https://evil.com\\@api.good.com/', 'not-requested'],
    ['https://evil.com/?https://api.good.com/', 'not-requested'],
    ['https://api.good.com.evil.com/', 'not-requested'],
    ['https://evilapi.good.com/', 'not-requested'],
    ['https://xapi.good.com', 'not-requested'],
    ['https://good.com/', 'not-requested'],
    ['https://api.good.com:443@evil.test/', 'user-info'],
    ['https://api.good.com@evil.test/', 'user-info'],
    ['https://user:pw@api.good.com/', 'user-info'],
    ['ws://api.good.com/', 'scheme-refused'],
    ['wss://api.good.com/', 'scheme-refused'],
    ['ftp://api.good.com/', 'scheme-refused'],
    ['file:///etc/passwd', 'scheme-refused'],
    ['data:text/plain,a', 'scheme-refused'],
    ['blob:https://api.good.com/1', 'scheme-refused'],
    ['javascript:alert(1)', 'scheme-refused'],
    ['unix:/var/run/docker.sock', 'scheme-refused'],
    ['https://api.good.com:25/', 'port-refused'],
    ['https://api.good.com:0/', 'port-refused'],
    ['https://api.g\nood.com/', 'invalid-url'],
    ['https://api.good\t.com/', 'invalid-url'],
    ['https://api.good.com/\0', 'invalid-url'],
    ['https://api.good.com/\ud800', 'invalid-url'],
    ['api.good.com', 'invalid-url'],
    ['//api.good.com', 'invalid-url'],
    ['', 'invalid-url'],
    [`https://api.good.com/${'a'.repeat(4096)}`, 'invalid-url'],
    [`https://${'a.'.repeat(130)}good.com/`, 'invalid-url'],
  ])('%s → %s', (url, expected) => {
    expect(outcome(ask(spec, url))).toBe(expected);
  });

  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://foo.localhost/',
    'http://localhost./',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
  ])('%s is not what a name rule means', (url) => {
    expect(ask({ allow: [...spec.allow, '*.good.com'] }, url)).toEqual({ allowed: false, reason: 'not-requested' });
  });

  it('take any port where the rule says so', () => {
    expect(outcome(ask({ allow: ['http://localhost:*'] }, 'http://localhost:3000/'))).toBe('allowed');
    expect(outcome(ask({ allow: ['http://localhost:*'] }, 'https://localhost:3000/'))).toBe('not-requested');
    expect(outcome(ask({ allow: ['http://localhost:*'] }, 'http://localhost:6000/'))).toBe('port-refused');
  });

  it('are denied on every scheme and port, where the rule names none', () => {
    const denied = { allow: ['*.good.com', 'http://a.good.com:8080'], deny: ['a.good.com'] };
    expect(ask(denied, 'http://a.good.com:8080/')).toEqual({
      allowed: false,
      reason: 'denied-by-rule',
      rule: 'a.good.com',
      origin: { source: 'grant', pointer: '/net/deny/0' },
    });
    expect(outcome(ask({ ...denied, deny: ['http://a.good.com:8081'] }, 'http://a.good.com:8080/'))).toBe('allowed');
  });

  it('agree with WHATWG URL: exactly the host, scheme and port of a rule', () => {
    const host = fc.constantFrom(
      'api.good.com',
      'API.good.com',
      'api.good.com.',
      'evil.com',
      'cdn.good.com',
      '1',
      '127.1',
    );
    const url = fc
      .tuple(fc.constantFrom('https', 'http', 'ws'), fc.constantFrom('', 'api.good.com@', 'a:b@'), host)
      .chain(([scheme, user, name]) =>
        fc
          .tuple(fc.constantFrom('', ':443', ':80', ':8443'), fc.constantFrom('/', '\\@api.good.com', '#@api.good.com'))
          .map(([port, rest]) => `${scheme}://${user}${name}${port}${rest}`),
      );
    fc.assert(
      fc.property(url, (text) => {
        const { protocol, hostname, port, username } = new URL(text);
        const named = hostname.replace(/\.$/, '') === 'api.good.com';
        expect(ask(spec, text).allowed).toBe(protocol === 'https:' && named && port === '' && username === '');
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe('addresses', () => {
  const name = { allow: ['https://api.good.com'] };

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001:5::1',
    '2001:1ff::1',
    '3fff::1',
    '100::1',
    '4000::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::1',
    '2606:4700::5efe:7f00:1',
    '2606:4700::5efe:808:808',
    'localhost',
    '127.1',
    '',
  ])('%s is refused behind an allowed name', (address) => {
    expect(askAddress(name, 'https://api.good.com/', address)).toEqual({ allowed: false, reason: 'private-address' });
  });

  it.each(['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111'])(
    '%s is public, and allowed by the rule of the name',
    (address) => {
      expect(askAddress(name, 'https://api.good.com/', address)).toEqual({
        allowed: true,
        rule: 'https://api.good.com',
        origin: { source: 'grant', pointer: '/net/allow/0' },
      });
    },
  );

  it.each([
    '169.254.169.254',
    'fd00:ec2::254',
    '168.63.129.16',
    '100.100.100.200',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
  ])('%s is refused even where rules name it', (address) => {
    const wide = { allow: ['https://api.good.com', '0.0.0.0/0', '::/0'] };
    expect(askAddress(wide, 'https://api.good.com/', address)).toMatchObject({ reason: 'mandatory-deny' });
    const url = `https://${address.includes(':') ? `[${address}]` : address}/`;
    expect(ask(wide, url)).toMatchObject({ reason: 'mandatory-deny' });
  });

  it('refuse metadata services by name', () => {
    const spec = { allow: ['http://metadata.google.internal', '*.google.internal'] };
    expect(ask(spec, 'http://metadata.google.internal./computeMetadata/v1/')).toMatchObject({
      reason: 'mandatory-deny',
    });
  });

  it('are allowed where a rule names them with the port, and the name as well', () => {
    const spec = { allow: ['http://db.corp:8080', 'http://10.0.0.0/8:8080'] };
    expect(askAddress(spec, 'http://db.corp:8080/', '10.1.2.3')).toMatchObject({ rule: 'http://10.0.0.0/8:8080' });
    expect(outcome(askAddress(spec, 'http://db.corp:8080/', '192.168.0.1'))).toBe('private-address');
    expect(
      outcome(askAddress({ allow: ['http://db.corp:8080', '10.0.0.0/8'] }, 'http://db.corp:8080/', '10.1.2.3')),
    ).toBe('private-address');
    expect(outcome(askAddress({ allow: ['http://10.0.0.0/8:8080'] }, 'http://db.corp:8080/', '10.1.2.3'))).toBe(
      'not-requested',
    );
  });

  it('in a URL need a rule for the address, public or not', () => {
    expect(outcome(ask(name, 'https://8.8.8.8/'))).toBe('not-requested');
    expect(outcome(ask({ allow: ['8.8.8.8'] }, 'https://8.8.8.8/'))).toBe('allowed');
    expect(outcome(ask({ allow: ['http://127.0.0.1:3000'] }, 'http://127.1:3000/'))).toBe('allowed');
    expect(outcome(ask({ allow: ['http://127.0.0.1:3000'] }, 'http://[::ffff:7f00:1]:3000/'))).toBe('not-requested');
  });

  it('in a URL lead to themselves alone', () => {
    const spec = { allow: ['8.8.8.8', '1.1.1.1'] };
    expect(outcome(askAddress(spec, 'https://8.8.8.8/', '8.8.8.8'))).toBe('allowed');
    expect(outcome(askAddress(spec, 'https://8.8.8.8/', '1.1.1.1'))).toBe('private-address');
  });

  it('that carry a private address need a rule for both', () => {
    const url = 'https://[64:ff9b::7f00:1]/';
    expect(outcome(ask({ allow: ['64:ff9b::/96'] }, url))).toBe('private-address');
    expect(outcome(ask({ allow: ['64:ff9b::/96', '127.0.0.1'] }, url))).toBe('allowed');
    expect(outcome(ask({ allow: ['64:ff9b::/96'] }, 'https://[64:ff9b::808:808]/'))).toBe('allowed');
    const denied = { allow: ['64:ff9b::/96', '127.0.0.1'], deny: ['127.0.0.0/8'] };
    expect(outcome(ask(denied, url))).toBe('denied-by-rule');
  });

  it('are denied behind a name as well', () => {
    const spec = { allow: ['https://api.good.com'], deny: ['8.8.8.0/24'] };
    expect(askAddress(spec, 'https://api.good.com/', '8.8.8.8')).toMatchObject({ rule: '8.8.8.0/24' });
  });

  it('of no rule are allowed exactly where they are global unicast', () => {
    const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(octets, (bytes) => {
        const address = bytes.join('.');
        const decision = askAddress(name, 'https://api.good.com/', address);
        const metadata = ['168.63.129.16'].includes(address);
        expect(decision.allowed).toBe(new ipaddr.IPv4(bytes).range() === 'unicast' && !metadata);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe('a forged target', () => {
  const policy = compilePolicy({ net: { allow: ['api.good.com'] } }, { root });
  const made = parseNetTarget('https://api.good.com/');

  it.each([
    ['a copy', { ...made }],
    ['an heir', Object.create(made)],
    ['a proxy', new Proxy(made, {})],
  ])('is refused: %s', (_, target) => {
    const refused = { allowed: false, reason: 'invalid-url' };
    expect(policy.check({ kind: 'net', url: target })).toEqual(refused);
    expect(policy.check({ kind: 'address', target, address: '8.8.8.8' })).toEqual(refused);
  });
});
