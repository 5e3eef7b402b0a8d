import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import { head, readAll, serve } from './serve.js';

const answer = (...addresses: readonly string[]) => {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

describe('a URL', () => {
  const net = {
    allow: ['api.good.com', '*.cdn.good.com', 'localhost', 'http://foo.localhost', 'http://metadata.google.internal'],
  };

  it.each([
    ['http://127.0.0.1/', 'not-requested'],
    ['http://2130706433/', 'not-requested'],
    ['http://0x7f000001/', 'not-requested'],
    ['http://0177.0.0.1/', 'not-requested'],
    ['http://127.1/', 'not-requested'],
    ['http://0/', 'not-requested'],
    ['http://[::1]/', 'not-requested'],
    ['http://[64:ff9b::7f00:1]/', 'not-requested'],
    ['http://169.254.169.254/latest/meta-data', 'mandatory-deny'],
    ['https://evil.com#@api.good.com/', 'not-requested'],
    ['https://evil.com\\@api.good.com/', 'not-requested'],
    ['https://evil.com/?https://api.good.com/', 'not-requested'],
    ['https://api.good.com.evil.com/', 'not-requested'],
    ['https://evilapi.good.com/', 'not-requested'],
    ['https://cdn.good.com/', 'not-requested'],
    ['http://api.good.com/', 'not-requested'],
    ['https://api.good.com:8443/', 'not-requested'],
    ['https://user:password@api.good.com/', 'user-info'],
    ['ws://api.good.com/', 'scheme-refused'],
    ['file:///etc/passwd', 'scheme-refused'],
    ['data:text/plain,x', 'scheme-refused'],
    ['unix:/var/run/docker.sock', 'scheme-refused'],
  ])('%s is denied before its name is looked up', async (url, reason) => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [];
    };
    const { call, api, audits } = openHost(makeFolder(), { net }, { resolve });
    expect(await outcome(call('net.fetch', { url }))).toBe(`ERR_PERMISSION_DENIED ${reason}`);
    expect([asked, api.denials, audits.length]).toEqual([0, 1, 1]);
    expect(JSON.stringify(audits)).not.toContain('password');
  });

  it.each([
    '',
    'api.good.com',
    '//api.good.com',
    'https://api.good.com/\n',
    'https://',
    7,
    null,
    new URL('https://api.good.com'),
  ])('%s is malformed', async (url) => {
    const { call } = openHost(makeFolder(), { net });
    expect(await outcome(call('net.fetch', { url }))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('a name that is allowed', () => {
  it.each([
    [['127.0.0.1']],
    [['93.184.216.34', '127.0.0.1']],
    [['127.0.0.1', '93.184.216.34']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::7f00:1']],
    [['2002:7f00:1::']],
    [['10.0.0.1']],
    [['100.64.0.1']],
    [['169.254.169.254']],
    [['fd00:ec2::254']],
    [['168.63.129.16']],
    [['100.100.100.200']],
    [['0.0.0.0']],
    [['224.0.0.1']],
    [['not an address']],
  ])('and leads to %j is denied before any connection', async (addresses) => {
    const server = await serve((_, response) => response.end('SECRET'));
    const allow = [`http://api.good.com:${server.port}`];
    const { call, audits } = openHost(makeFolder(), { net: { allow } }, { resolve: answer(...addresses) });
    const url = `http://api.good.com:${server.port}/`;
    const error: unknown = await call('net.fetch', { url }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_PERMISSION_DENIED', details: { target: url } });
    for (const address of addresses) expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(address);
    expect(audits.at(-1)).toMatchObject({ kind: 'address', operation: 'connect', decision: { allowed: false } });
    expect(server.accepted()).toBe(0);
  });

  it('and leads to this very machine by any of its interfaces is not let in by the name alone', async () => {
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address } of own) {
      const { call } = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, { resolve: answer(address) });
      expect(await outcome(call('net.fetch', { url: 'https://api.good.com' }))).toBe(
        'ERR_PERMISSION_DENIED private-address',
      );
    }
    expect(own.length).toBeGreaterThan(0);
  });

  it.each([
    ['93.184.216.34', '93.184.216.34'],
    ['2606:2800:220:1::248', '2606:2800:0220:0001:0:0:0:248'],
  ])('and leads to this very machine by the public %s is not let in either', async (own, written) => {
    const options = { resolve: answer('1.1.1.1', written), ownAddresses: [own] };
    const { call, audits } = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, options);
    const error: unknown = await call('net.fetch', { url: 'https://api.good.com' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_PERMISSION_DENIED', details: { reason: 'private-address' } });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('93.184');
    expect(audits.map(({ kind, decision }) => [kind, decision.allowed])).toEqual([
      ['net', true],
      ['address', true],
      ['address', false],
    ]);
    expect(audits.at(-1)).toMatchObject({ decision: { allowed: false, reason: 'private-address' } });
    // A rule for the address itself is what lets it in. The dry run ends where the connection would begin.
    const allow = ['api.good.com', own.includes(':') ? `[${own}]` : own];
    const named = openHost(makeFolder(), { net: { allow } }, { ...options, dryRun: true });
    expect(await outcome(named.call('net.fetch', { url: 'https://api.good.com', method: 'POST' }))).toBe(
      'ERR_PERMISSION_DENIED dry-run',
    );
  });

  it('and has more addresses than anybody needs is refused before one is decided on', async () => {
    const many = Array.from({ length: 257 }, (_, index) => `93.184.${index >> 8}.${index & 255}`);
    const { call, audits } = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, { resolve: answer(...many) });
    expect(await outcome(call('net.fetch', { url: 'https://api.good.com' }))).toBe(
      'ERR_FETCH_FAILED TOO_MANY_ADDRESSES',
    );
    expect(audits).toHaveLength(1);
  });

  it('and is never looked up is given up in the time to connect', async () => {
    const options = { resolve: () => new Promise<never>(() => undefined), timeouts: { connectMs: 20 } };
    const { call } = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, options);
    const error: unknown = await call('net.fetch', { url: 'https://api.good.com' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', details: { errno: 'LOOKUP_TIMEOUT', limitMs: 20 } });
  });

  it('is looked up once, and connected to where it was checked', async () => {
    const server = await serve((request, response) => response.end(request.headers.host));
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    const allow = [`http://api.good.com:${server.port}`, `http://127.0.0.1:${server.port}`];
    const { call } = openHost(makeFolder(), { net: { allow } }, { resolve });
    const first = head(await call('net.fetch', { url: `http://API.good.com.:${server.port}/` }));
    expect(await readAll(call, first.id)).toMatch(/^api\.good\.com\.?:/);
    expect(asked).toBe(1);
    // The second lookup says otherwise: an open connection does not stand in for a decision.
    expect(await outcome(call('net.fetch', { url: `http://api.good.com:${server.port}/` }))).toMatch(
      /^ERR_PERMISSION_DENIED/,
    );
    expect(asked).toBe(2);
  });

  it('and cannot be looked up fails by its code; an abort does not wait for the resolver', async () => {
    const resolve = async () =>
      Promise.reject(Object.assign(new Error('query 10.1.1.1 failed'), { code: 'EAI_AGAIN' }));
    const { call } = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, { resolve });
    expect(await outcome(call('net.fetch', { url: 'https://api.good.com' }))).toBe('ERR_FETCH_FAILED EAI_AGAIN');
    const empty = openHost(makeFolder(), { net: { allow: ['api.good.com'] } }, { resolve: answer() });
    expect(await outcome(empty.call('net.fetch', { url: 'https://api.good.com' }))).toBe('ERR_FETCH_FAILED ENOTFOUND');
    const never = openHost(
      makeFolder(),
      { net: { allow: ['api.good.com'] } },
      { resolve: () => new Promise(() => undefined) },
    );
    const pending = outcome(never.call('net.fetch', { url: 'https://api.good.com' }));
    await never.api[Symbol.asyncDispose]();
    expect(await pending).toBe('ERR_PERMISSION_DENIED run-over');
  });
});
