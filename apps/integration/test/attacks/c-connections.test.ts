import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { codeOf, dataOf, openArena } from './arena.js';
import { openLoopback } from './loopback.js';

const seen: { readonly path: string; readonly port: number | undefined; readonly cookie: string | undefined }[] = [];
const server = openLoopback(
  createServer((request, response) => {
    seen.push({ path: request.url ?? '', port: request.socket.remotePort, cookie: request.headers.cookie });
    if (request.url === '/silent') return;
    if (request.url === '/body') return void response.write('x');
    if (request.url === '/drip') return drip(response);
    if (request.url === '/sink') return void request.resume();
    if (request.url === '/deaf') return void request.pause();
    response.setHeader('set-cookie', 'session=of-the-first');
    response.setHeader('cache-control', 'public, max-age=3600').setHeader('etag', '"1"');
    response.end('reached');
  }),
);

/** A byte now and then, for ever. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), 20);
  response.once('close', () => clearInterval(timer));
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`connections${place.notRun}`, () => {
    const arena = openArena(place, 'c');
    beforeEach(() => {
      seen.length = 0;
      server.reset();
    });

    const url = (path = '/'): string => `http://127.0.0.1:${server.port()}${path}`;
    const grant = (plugin: string, more: PluginContextOptions['permissions'] = {}): Partial<PluginContextOptions> => ({
      plugin: { id: plugin, version: '1.0.0' },
      capabilities: ['net.fetch'],
      permissions: { net: { allow: [url('')] }, ...more },
    });

    it('C37 shares no connection and no cookie between plugins, nor between runs of one', async () => {
      const requests = Array.from({ length: 3 }, () => ({ url: url() }));
      for (const plugin of ['first', 'second', 'first']) {
        expect(dataOf(await arena.run('asks', requests, grant(plugin)))).toEqual(requests.map(() => '200 reached'));
      }
      const ports = [0, 3, 6].map((from) => new Set(seen.slice(from, from + 3).map(({ port }) => port)));
      const all = ports.flatMap((each) => [...each]);
      expect(new Set(all).size).toBe(all.length);
      expect(seen.map(({ cookie }) => cookie)).toEqual(seen.map(() => undefined));
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C38 asks again for what may be kept, and decides again', async () => {
      const twice = [{ url: url() }, { url: url() }];
      expect(dataOf(await arena.run('asks', twice, grant('first')))).toEqual(['200 reached', '200 reached']);
      expect(seen).toHaveLength(2);
      const denied = await arena.run('asks', twice, { ...grant('first'), permissions: {} });
      expect(dataOf(denied)).toEqual(twice.map(() => 'ERR_PERMISSION_DENIED not-requested'));
      expect([seen.length, denied.denied.length]).toEqual([2, 2]);
    });

    it.each(['/silent', '/body'])('C29 ends when the guest gives up on %s, its connection with it', async (path) => {
      const outcomes = dataOf(await arena.run('givesUp', { url: url(path), afterMs: 100 }, grant('first')));
      // Where there is an AbortSignal, its reason; the second request is given up before it begins.
      expect(outcomes).toEqual([expect.stringMatching(/Abort|ABORTED/i), expect.stringMatching(/Abort|ABORTED/i)]);
      // A machine under load may not have sent the first by then.
      expect(seen.length).toBeLessThan(2);
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it.each([
      ['asksAtOnce', [{ path: '/silent' }, { path: '/body' }, { path: '/drip' }]],
      ['sendsNoEnd', { path: '/sink' }],
    ])('C29 ends %s of %j with the run, its connection with it', async (handler, input) => {
      const withUrl = (each: { readonly path: string }): object => ({ url: url(each.path) });
      const given = Array.isArray(input) ? input.map(withUrl) : withUrl(input);
      const bout = await arena.run(handler, given, grant('first', { quotas: { timeoutMs: 300 } }));
      expect(codeOf(bout)).toBe('ERR_TIMEOUT');
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C29 ends a body without end at its quota, whether or not the server takes it', async () => {
      for (const path of ['/sink', '/deaf']) {
        const quotas = { maxBytesSent: 200_000 };
        const bout = await arena.run(
          'sendsForEver',
          { url: url(path), chunkBytes: 50_000 },
          grant('first', { quotas }),
        );
        expect(dataOf(bout)).toBe('ERR_QUOTA_EXCEEDED');
        if (path === '/deaf') server.drop();
        await vi.waitFor(() => expect(server.open()).toBe(0));
      }
    });
  });
});
