import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import { head, readAll, serve } from './serve.js';

describe('net.fetch', () => {
  it('brings head and body of a response', async () => {
    const server = await serve((request, response) => {
      response.setHeader('x-seen', `${request.method} ${request.url} ${request.headers['x-mine']}`);
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.statusCode = 201;
      request.pipe(response);
    });
    const { call, audits, meter, api } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const url = `${server.origin}/path?query=secret#fragment`;
    const answer = head(await call('net.fetch', { url, method: 'post', headers: [['X-Mine', 'yes']], body: 'hello' }));
    expect(answer).toMatchObject({ status: 201, statusText: 'Created', url, redirected: false });
    expect(answer.headers).toContainEqual(['x-seen', 'POST /path?query=secret yes']);
    expect(answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual(['a=1', 'b=2']);
    expect(await readAll(call, answer.id)).toBe('hello');
    expect(await outcome(call('net.readBody', answer.id))).toBe('ERR_INVALID_ARGUMENT');
    expect(meter.used('maxFetches')).toBe(1);
    expect(meter.used('maxBytesFetched')).toBe(5);
    expect(meter.used('maxBytesSent')).toBe(`POST${url}x-mineyeshello`.length);
    expect(audits.map(({ kind, operation, target, decision }) => [kind, operation, target, decision.allowed])).toEqual([
      ['net', 'fetch', `${server.origin}/path`, true],
      ['address', 'connect', `127.0.0.1 for ${server.origin}/path`, true],
    ]);
    expect(api.callsByName).toEqual({ 'net.fetch': 1, 'net.readBody': 3 });
  });

  it.each([
    ['dispatcher', {}],
    ['agent', {}],
    ['rejectUnauthorized', false],
    ['socketPath', '/var/run/docker.sock'],
    ['lookup', 'x'],
    ['proxy', 'http://127.0.0.1'],
    ['__proto__x', 1],
  ])('refuses the option %s', async (name, value) => {
    const server = await serve((_, response) => response.end());
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const error: unknown = await call('net.fetch', { url: server.origin, [name]: value }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { unknown: [name] } });
    expect(server.accepted()).toBe(0);
  });

  it.each([
    { method: 'CONNECT' },
    { method: 'trace' },
    { method: 'GET /x HTTP/1.1\r\nA: b' },
    { method: 'GET', body: 'x' },
    { body: { length: 5 } },
    { stream: true, method: 'POST' },
    { stream: true, method: 'POST', requestId: 0 },
    { stream: true, method: 'POST', requestId: 1.5 },
    { stream: true, method: 'POST', requestId: 2 ** 31 },
    { redirect: 'yes' },
    { headers: { a: 'b' } },
    { headers: [['a']] },
    { headers: [['a', 'b'.repeat(20_000)]] },
  ])('refuses %.60j', async (init) => {
    const server = await serve((_, response) => response.end());
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    expect(await outcome(call('net.fetch', { url: server.origin, ...init }))).toBe('ERR_INVALID_ARGUMENT');
    expect(server.accepted()).toBe(0);
  });

  it('counts fetches and what is sent before anything goes out', async () => {
    const server = await serve((_, response) => response.end());
    const { call } = openHost(makeFolder(), {
      net: { allow: [server.origin] },
      quotas: { maxFetches: 2, maxBytesSent: 100 },
    });
    expect(await outcome(call('net.fetch', { url: server.origin, method: 'PUT', body: 'x'.repeat(100) }))).toBe(
      'ERR_QUOTA_EXCEEDED',
    );
    expect(server.accepted()).toBe(0);
    expect(await outcome(call('net.fetch', { url: server.origin }))).toMatch(/^resolved/);
    expect(await outcome(call('net.fetch', { url: server.origin }))).toBe('ERR_QUOTA_EXCEEDED');
  });

  it('tells of a failure by code and host, with no address', async () => {
    const server = await serve((request) => void request.socket.destroy());
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const rules = [`http://api.good.com:${server.port}`, `http://127.0.0.1:${server.port}`];
    const { call } = openHost(makeFolder(), { net: { allow: rules } }, { resolve });
    const url = `http://api.good.com:${server.port}/?token=secret`;
    const error: unknown = await call('net.fetch', { url }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_FETCH_FAILED', details: { host: 'api.good.com' } });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/127\.0\.0\.1|secret/);
  });

  it.each([600, 999])('fails where the status is %i, and leaves no connection behind', async (status) => {
    const server = await serve((_, response) => {
      // Never ended: the connection closes only where the fetch is given up.
      response.writeHead(status).write('body');
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const error: unknown = await call('net.fetch', { url: server.origin }).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'ERR_FETCH_FAILED', details: { status, host: '127.0.0.1' } });
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it('ends when its call is aborted, when it is cancelled, and when the run is over; the sockets with it', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/head') response.write('x');
    });
    const { api, call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const controller = new AbortController();
    const aborted = outcome(api.call('net.fetch', [{ url: server.origin }], { signal: controller.signal }));
    await vi.waitFor(() => expect(server.open()).toBe(1));
    controller.abort();
    expect(await aborted).toBe('ERR_ABORTED');
    await vi.waitFor(() => expect(server.open()).toBe(0));

    const { id } = head(await call('net.fetch', { url: `${server.origin}/head` }));
    expect(await call('net.readBody', id)).toEqual(new Uint8Array([120]));
    const reading = outcome(call('net.readBody', id));
    expect(await outcome(call('net.readBody', id))).toBe('ERR_INVALID_ARGUMENT');
    await call('net.cancel', id);
    expect(await reading).toBe('ERR_ABORTED');
    expect(await outcome(call('net.cancel', id))).toMatch(/^resolved/);
    await vi.waitFor(() => expect(server.open()).toBe(0));

    const pending = outcome(call('net.fetch', { url: server.origin }));
    const second = head(await call('net.fetch', { url: `${server.origin}/head` }));
    await call('net.readBody', second.id);
    const half = outcome(call('net.readBody', second.id));
    await api[Symbol.asyncDispose]();
    expect([await pending, await half]).toEqual(['ERR_PERMISSION_DENIED run-over', 'ERR_PERMISSION_DENIED run-over']);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it('knows the ids of its own run alone', async () => {
    const server = await serve((_, response) => response.end('mine'));
    const one = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const other = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const { id } = head(await one.call('net.fetch', { url: server.origin }));
    expect(await outcome(other.call('net.readBody', id))).toBe('ERR_INVALID_ARGUMENT');
    await other.call('net.cancel', id);
    expect(await readAll(one.call, id)).toBe('mine');
  });

  it('decides on each call anew, and shares no connection with another run', async () => {
    const ports: (number | undefined)[] = [];
    const server = await serve((request, response) => {
      ports.push(request.socket.remotePort);
      response.end();
    });
    const one = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const other = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const denied = openHost(makeFolder(), {});
    for (const { call } of [...Array.from({ length: 9 }, () => one), other])
      await readAll(call, head(await call('net.fetch', { url: server.origin })).id);
    expect(await outcome(denied.call('net.fetch', { url: server.origin }))).toBe('ERR_PERMISSION_DENIED not-requested');
    // The nine of the first run shared connections, the tenth none with them; each was decided on by name and by address.
    expect(new Set(ports.slice(0, 9)).size).toBeLessThan(9);
    expect(ports.slice(0, 9)).not.toContain(ports[9]);
    expect(one.audits.length).toBe(18);
  });
});

describe('a server that takes its time', () => {
  it('is cut off before its head and within its body', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/body') response.write('x');
    });
    const timeouts = { headersMs: 100, bodyMs: 100 };
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } }, { timeouts });
    const error: unknown = await call('net.fetch', { url: server.origin }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', details: { errno: 'UND_ERR_HEADERS_TIMEOUT', limitMs: 100 } });
    const { id } = head(await call('net.fetch', { url: `${server.origin}/body` }));
    await call('net.readBody', id);
    expect(await outcome(call('net.readBody', id))).toBe('ERR_TIMEOUT UND_ERR_BODY_TIMEOUT');
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });
});

describe('a server that says too much', () => {
  it('is cut off where interim answers take the place of an answer', async () => {
    const server = await serve((_, response) => {
      const more = (): void => {
        response.writeEarlyHints({ link: '</x>; rel=preload' }, () => response.destroyed || setImmediate(more));
      };
      more();
    });
    const { call } = openHost(
      makeFolder(),
      { net: { allow: [server.origin] } },
      { timeouts: { connectMs: 100, headersMs: 100 } },
    );
    expect(await outcome(call('net.fetch', { url: server.origin }))).toBe('ERR_TIMEOUT UND_ERR_HEADERS_TIMEOUT');
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it('has no status text that a Response would refuse', async () => {
    const server = await serve((request) => {
      request.socket.end(Buffer.from('HTTP/1.1 200 \xe9\xff\r\ncontent-length: 2\r\n\r\nok', 'latin1'));
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const answer = head(await call('net.fetch', { url: server.origin }));
    expect([answer.statusText, await readAll(call, answer.id)]).toEqual(['', 'ok']);
  });
});

describe('a streamed request body', () => {
  it('goes out piece by piece, at the pace of the connection', async () => {
    const server = await serve((request, response) => void request.pipe(response));
    const { call, meter } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const fetching = call('net.fetch', { url: server.origin, method: 'POST', stream: true, requestId: 7 });
    for (const piece of ['one', 'two', 'three']) await call('net.writeBody', 7, new TextEncoder().encode(piece));
    await call('net.writeBody', 7, null);
    const { id } = head(await fetching);
    expect(await readAll(call, id)).toBe('onetwothree');
    expect(meter.used('maxBytesSent')).toBe(`POST${server.origin}/onetwothree`.length);
    expect(await outcome(call('net.writeBody', 7, null))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('waits for a server that does not read, and ends with the fetch', async () => {
    const server = await serve((request) => void request.pause());
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] }, quotas: { maxBytesSent: 1e9 } });
    const fetching = outcome(call('net.fetch', { url: server.origin, method: 'POST', stream: true, requestId: 1 }));
    const chunk = new Uint8Array(1_048_576);
    let taken = 0;
    const pumping = (async () => {
      for (;;) {
        await call('net.writeBody', 1, chunk);
        taken += 1;
      }
    })().catch((error: unknown) => error);
    await vi.waitFor(() => expect(taken).toBeGreaterThan(0));
    expect(await outcome(call('net.fetch', { url: server.origin, method: 'POST', stream: true, requestId: 1 }))).toBe(
      'ERR_INVALID_ARGUMENT',
    );
    await call('net.cancel', 1);
    expect(await fetching).toBe('ERR_ABORTED');
    expect(await pumping).toMatchObject({ code: 'ERR_ABORTED' });
    expect(taken).toBeLessThan(64);
  });

  it('ends at its quota, and takes one chunk at a time', async () => {
    const server = await serve((request) => void request.pause());
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] }, quotas: { maxBytesSent: 200 } });
    const fetching = outcome(call('net.fetch', { url: server.origin, method: 'POST', stream: true, requestId: 1 }));
    const first = outcome(call('net.writeBody', 1, new Uint8Array(10)));
    expect(await outcome(call('net.writeBody', 1, new Uint8Array(10)))).toBe('ERR_INVALID_ARGUMENT');
    expect(await first).toMatch(/^resolved/);
    expect(await outcome(call('net.writeBody', 1, new Uint8Array(1_000)))).toBe('ERR_QUOTA_EXCEEDED');
    expect(await fetching).toBe('ERR_QUOTA_EXCEEDED');
  });

  it('may be answered before it has ended', async () => {
    const server = await serve((request, response) => {
      response.statusCode = 413;
      response.setHeader('connection', 'close');
      response.end('too much');
      void once(request, 'close').catch(() => undefined);
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const fetching = call('net.fetch', { url: server.origin, method: 'POST', stream: true, requestId: 1 });
    await call('net.writeBody', 1, new Uint8Array(10));
    const { id, status } = head(await fetching);
    expect([status, await readAll(call, id)]).toEqual([413, 'too much']);
  });
});
