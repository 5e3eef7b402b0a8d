import { describe, expect, it } from 'vitest';
import { isPluginError } from '@kb-labs/contracts';
import type { AuditRecord } from '@kb-labs/contracts';
import { compilePolicy, createQuotaMeter, DEFAULT_QUOTAS, parseNetTarget } from '@kb-labs/permissions';
import { createGate } from '../../src/gate.js';
import { followRedirect, readRedirect } from '../../src/net/redirect.js';
import { makeFolder, openHost, outcome } from '../open-host.js';
import { head, readAll, serve } from './serve.js';

describe('a redirect', () => {
  it('is followed through the gate, hop by hop, and counted', async () => {
    const server = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop === 0) return void response.end(`${request.method} done`);
      response.writeHead(302, { location: `/${hop - 1}` }).end('not read');
    });
    const { call, audits, meter } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const answer = head(await call('net.fetch', { url: `${server.origin}/5`, method: 'POST', body: 'x' }));
    expect(answer).toMatchObject({ status: 200, url: `${server.origin}/0`, redirected: true });
    expect(await readAll(call, answer.id)).toBe('GET done');
    expect(meter.used('maxFetches')).toBe(6);
    expect(audits.filter(({ operation }) => operation === 'redirect').length).toBe(5);
    expect(await outcome(call('net.fetch', { url: `${server.origin}/6` }))).toBe('ERR_FETCH_FAILED REDIRECT');
  });

  it.each([
    ['http://169.254.169.254/latest', 'mandatory-deny'],
    ['//evil.com/', 'not-requested'],
    ['http://127.0.0.1:1/', 'port-refused'],
    ['file:///etc/passwd', 'scheme-refused'],
    ['data:text/plain,x', 'scheme-refused'],
    ['blob:null/x', 'scheme-refused'],
    ['javascript:alert(1)', 'scheme-refused'],
    ['http://user:password@127.0.0.1/', 'user-info'],
  ])('to %s is denied', async (location, reason) => {
    const server = await serve((_, response) => response.writeHead(302, { location }).end('SECRET'));
    const { call, audits } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    expect(await outcome(call('net.fetch', { url: server.origin }))).toBe(`ERR_PERMISSION_DENIED ${reason}`);
    expect(audits.at(-1)).toMatchObject({ operation: 'redirect', decision: { allowed: false, reason } });
  });

  it('to a name of a private address is denied before any connection', async () => {
    const inner = await serve((_, response) => response.end('SECRET'));
    const outer = await serve((_, response) =>
      response.writeHead(307, { location: `http://in.good.com:${inner.port}/` }).end(),
    );
    const allow = [outer.origin, `http://in.good.com:${inner.port}`];
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const { call } = openHost(makeFolder(), { net: { allow } }, { resolve });
    expect(await outcome(call('net.fetch', { url: outer.origin }))).toBe('ERR_PERMISSION_DENIED private-address');
    expect(inner.accepted()).toBe(0);
  });

  it('takes credentials to its own origin alone', async () => {
    const seen: unknown[] = [];
    const other = await serve((request, response) => {
      seen.push([request.headers.authorization, request.headers.cookie, request.headers['x-plain']]);
      response.end();
    });
    const server = await serve((request, response) => {
      seen.push([request.headers.authorization, request.headers.cookie, request.headers['x-plain']]);
      const location = request.url === '/first' ? '/second' : `${other.origin}/`;
      response.writeHead(302, { location }).end();
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin, other.origin] } });
    const headers = [
      ['Authorization', 'Bearer x'],
      ['Cookie', 'a=b'],
      ['X-Plain', 'p'],
    ];
    await call('net.fetch', { url: `${server.origin}/first`, headers });
    expect(seen).toEqual([
      ['Bearer x', 'a=b', 'p'],
      ['Bearer x', 'a=b', 'p'],
      [undefined, undefined, 'p'],
    ]);
  });

  it('is handed over with "manual", and an error with "error"', async () => {
    const server = await serve((_, response) => response.writeHead(301, { location: 'http://evil.com/' }).end('moved'));
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const answer = head(await call('net.fetch', { url: server.origin, redirect: 'manual' }));
    expect([answer.status, answer.redirected, await readAll(call, answer.id)]).toEqual([301, false, 'moved']);
    expect(await outcome(call('net.fetch', { url: server.origin, redirect: 'error' }))).toBe(
      'ERR_FETCH_FAILED REDIRECT',
    );
  });

  it('cannot take a streamed body along', async () => {
    const server = await serve((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(307, { location: '/again' }).end());
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const fetching = outcome(call('net.fetch', { url: server.origin, method: 'PUT', stream: true, requestId: 1 }));
    await call('net.writeBody', 1, new Uint8Array(3));
    await call('net.writeBody', 1, null);
    expect(await fetching).toBe('ERR_FETCH_FAILED REDIRECT');
  });
});

describe('followRedirect', () => {
  function follow(method: string, status: number, location: string): unknown {
    const audits: AuditRecord[] = [];
    const policy = compilePolicy({ net: { allow: ['https://a.com', 'http://a.com'] } }, { root: '/' });
    const gate = createGate({
      audits: 'all',
      policy,
      meter: createQuotaMeter(DEFAULT_QUOTAS),
      audit: (record) => audits.push(record),
      documents: [],
    });
    const body = method === 'GET' ? undefined : new Uint8Array([1]);
    const headers = [
      ['content-type', 'text/plain'],
      ['cookie', 'c'],
      ['x', 'y'],
    ] as const;
    try {
      const next = followRedirect(
        gate,
        { target: parseNetTarget('https://a.com/x'), method, headers, body },
        { status, location },
      );
      return [next.method, next.target.href, next.headers.map(([name]) => name).join(), next.body?.length ?? 0];
    } catch (error) {
      return isPluginError(error) ? [error.code, audits.at(-1)?.decision.allowed] : error;
    }
  }

  it.each([
    ['GET', 301, '/y', ['GET', 'https://a.com/y', 'content-type,cookie,x', 0]],
    ['POST', 301, '/y', ['GET', 'https://a.com/y', 'cookie,x', 0]],
    ['POST', 302, '/y', ['GET', 'https://a.com/y', 'cookie,x', 0]],
    ['PUT', 302, '/y', ['PUT', 'https://a.com/y', 'content-type,cookie,x', 1]],
    ['PUT', 303, '/y', ['GET', 'https://a.com/y', 'cookie,x', 0]],
    ['POST', 307, '/y', ['POST', 'https://a.com/y', 'content-type,cookie,x', 1]],
    ['POST', 308, 'https://b.com/', ['POST', 'https://b.com/', 'content-type,x', 1]],
    ['GET', 302, 'https://a.com:8443/', ['GET', 'https://a.com:8443/', 'content-type,x', 0]],
    ['GET', 302, 'http://a.com/', ['ERR_PERMISSION_DENIED', false]],
    ['GET', 302, 'https://[', ['ERR_FETCH_FAILED', undefined]],
  ])('%s %i %s', (method, status, location, expected) => {
    expect(follow(method, status, location)).toEqual(expected);
  });

  it('knows a redirect by its status and its Location', () => {
    expect(readRedirect(302, null)).toBeUndefined();
    expect(readRedirect(304, '/x')).toBeUndefined();
    expect(readRedirect(200, '/x')).toBeUndefined();
    expect(readRedirect(308, '/x')).toEqual({ status: 308, location: '/x' });
  });
});
