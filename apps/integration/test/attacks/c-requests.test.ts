import { createServer } from 'node:http';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { openLoopback } from './loopback.js';

const arrived: string[] = [];
const server = openLoopback(
  createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`, ...request.rawHeaders);
    request.resume();
    request.on('end', () => response.end('reached'));
  }),
);
const proxy = openLoopback(createServer((_, response) => response.end('through the proxy')));

const INVALID = 'ERR_INVALID_ARGUMENT';

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`requests${place.notRun}`, () => {
    const arena = openArena(place, 'c');
    beforeEach(() => {
      server.reset();
      proxy.reset();
      arrived.length = 0;
    });

    const url = (): string => `http://127.0.0.1:${server.port()}/`;
    const grant = (): Partial<PluginContextOptions> => ({
      capabilities: ['net.fetch'],
      permissions: { net: { allow: [`http://127.0.0.1:${server.port()}`] } },
    });

    async function ask(inits: readonly unknown[]): Promise<Bout> {
      const requests = inits.map((init) => ({ url: url(), init }));
      return await arena.run('asks', requests, grant());
    }

    it('C26 refuses headers that would end a line, frame a message or name another host', async () => {
      const values = [
        'b\r\nx-evil: 1',
        'b\nx-evil: 1',
        'b\rx-evil: 1',
        'b\0c',
        '\u010d\u010ax-evil: 1',
        '\ud800',
        '\u2028x',
      ];
      const names = `${'x-a\r\nx-evil'}|x evil||x-evil:|:authority|x-\u00e9vil|x-evil\0`.split('|');
      const framing =
        `Host HOST Transfer-Encoding Content-Length Connection Upgrade Proxy-Authorization Proxy-Connection
        Proxy-Evil TE Trailer Expect Keep-Alive Via HTTP2-Settings Sec-Fetch-Mode`.split(/\s+/);
      const headers = [
        ...values.map((value) => ['x-a', value]),
        ...[...names, ...framing].map((name) => [name, 'evil.com']),
      ];
      const bout = await arena.run('asksWithHeaders', { url: url(), headers }, grant());
      expect(dataOf(bout)).toEqual(headers.map(() => INVALID));
      expect(server.accepted()).toBe(0);
    });

    it('C26 sends a header once, and no line of anybody else', async () => {
      const headers = [
        ['x-a', 'b\r'],
        ['x-a', '\r\nb'],
        ['x-a', ' \t b '],
      ];
      // White space around a value is no part of it, as in every fetch.
      expect(dataOf(await arena.run('asksWithHeaders', { url: url(), headers }, grant()))).toEqual(
        headers.map(() => '200 reached'),
      );
      const pairs = arrived.flatMap((text, index) => (text.toLowerCase() === 'x-a' ? [arrived[index + 1]] : []));
      expect(pairs).toEqual(['b', 'b', 'b']);
      expect(arrived.filter((text) => text.toLowerCase() === 'host')).toHaveLength(3);
    });

    it('C26 refuses methods that are none, or speak to proxies', async () => {
      const methods = [
        'GET / HTTP/1.1\r\nx: y\r\n\r\nGET',
        'G T',
        '',
        'CONNECT',
        'connect',
        'TRACE',
        'track',
        'G\0T',
        'G\u00c9T',
      ];
      const inits = [...methods.map((method) => ({ method })), { body: 'x' }, { method: 'HEAD', body: 'x' }];
      expect(dataOf(await ask(inits))).toEqual(inits.map(() => INVALID));
      expect(server.accepted()).toBe(0);
    });

    it('C26 bounds what is sent', async () => {
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'y']));
      const inits = [{ headers: many }, { headers: { a: 'b'.repeat(20_000) } }, { method: 'M'.repeat(100) }];
      expect(dataOf(await ask(inits))).toEqual(inits.map(() => INVALID));
      const large = { method: 'POST', body: 'x'.repeat(1_000) };
      const quotas = { maxBytesSent: 500 };
      const request = [{ url: url(), init: large }, { url: `${url()}?${'x'.repeat(1_000)}` }];
      const bout = await arena.run('asks', request, { ...grant(), permissions: { ...grant().permissions, quotas } });
      expect(dataOf(bout)).toEqual(['ERR_QUOTA_EXCEEDED', 'ERR_QUOTA_EXCEEDED']);
      expect(server.accepted()).toBe(0);
    });

    it('C32 refuses whatever an init has beyond what a guest may say', async () => {
      const names =
        `rejectUnauthorized agent dispatcher socketPath tls ca cert key servername checkServerIdentity lookup
        proxy host hostname port path insecureHTTPParser integrity credentials mode cache keepalive referrer window
        constructor toString connect localAddress family stream requestId`.split(/\s+/);
      const inits = [...names.map((name) => ({ [name]: 'x' })), { rejectUnauthorized: false }, { dispatcher: {} }];
      const hidden: unknown = JSON.parse('{"__proto__":{"dispatcher":1}}');
      const all = [
        ...inits,
        hidden,
        { redirect: 'x' },
        { headers: 'x' },
        { headers: [['a']] },
        { duplex: 'full', x: 1 },
      ];
      expect(dataOf(await ask(all))).toEqual(all.map(() => INVALID));
      expect(server.accepted()).toBe(0);
    });

    it('C31 knows no proxy, whatever the environment says', async () => {
      const before = { ...process.env };
      const address = `http://127.0.0.1:${proxy.port()}`;
      for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
        process.env[name] = address;
        process.env[name.toLowerCase()] = address;
      }
      process.env['NODE_USE_ENV_PROXY'] = '1';
      process.env['NO_PROXY'] = '';
      try {
        expect(dataOf(await ask([{}, { headers: { 'x-forwarded-host': 'evil.com' } }]))).toEqual([
          '200 reached',
          '200 reached',
        ]);
      } finally {
        process.env = before;
      }
      expect([proxy.accepted(), arrived[0]]).toEqual([0, 'GET /']);
    });
  });
});
