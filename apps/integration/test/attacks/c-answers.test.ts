import { createServer } from 'node:net';
import type { QuotaSpec } from '@kb-labs/contracts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { hostileAnswers } from './hostile-answers.js';
import { openLoopback } from './loopback.js';

const server = openLoopback(
  createServer((socket) => {
    let asked = '';
    socket.on('data', (data) => {
      asked += data.toString('latin1');
      const path = /^GET \/([\w.-]+) HTTP/.exec(asked)?.[1];
      if (path === undefined || !asked.includes('\r\n\r\n')) return;
      asked = '';
      hostileAnswers[path]?.(socket);
    });
  }),
);

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`hostile answers${place.notRun}`, () => {
    const timeouts = { connectMs: 400, headersMs: 400, bodyMs: 400 };
    const arena = openArena(place, 'c', { hostApi: { timeouts, resolve: () => new Promise(() => undefined) } });
    beforeEach(() => server.reset());

    async function ask(paths: readonly string[], quotas: QuotaSpec = {}, how = 'asks'): Promise<Bout> {
      const origin = `http://127.0.0.1:${server.port()}`;
      const permissions = { net: { allow: [origin] }, quotas };
      const requests = paths.map((path) => ({ url: `${origin}/${path}` }));
      return await arena.run(how, requests, { capabilities: ['net.fetch'], permissions });
    }

    it('C28 counts what comes out of the decompressor', async () => {
      const bombs = ['gzip', 'brotli', 'deflate', 'twice', 'endless-chunks'];
      const bout = await ask(bombs, { maxBytesFetched: 100_000 });
      expect(dataOf(bout)).toEqual(bombs.map(() => 'ERR_OUTPUT_EXCEEDED'));
      expect(bout.result.metrics.bytesFetched.used).toBeLessThanOrEqual(100_000);
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C28 takes no head that is larger than a head', async () => {
      const bombs = ['one-header-10-mb', 'many-headers', 'trailer-bomb', 'chain'];
      expect(dataOf(await ask(bombs))).toEqual([
        ...bombs.slice(0, 3).map(() => 'ERR_FETCH_FAILED UND_ERR_HEADERS_OVERFLOW'),
        // undici takes five codings on top of each other.
        'ERR_FETCH_FAILED UNKNOWN',
      ]);
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C29 gives up on a server that takes its time, at each stage', async () => {
      const [head, body] = ['ERR_TIMEOUT UND_ERR_HEADERS_TIMEOUT', 'ERR_TIMEOUT UND_ERR_BODY_TIMEOUT'];
      const slow = {
        silent: head,
        'silent-head': head,
        'dripping-head': head,
        // Something arrives all the time, and comes to nothing.
        'informational-flood': head,
        'silent-body': body,
        'chunk-extension-flood': body,
        'empty-gzip-flood': body,
      };
      const bout = await ask(Object.keys(slow), {}, 'asksAtOnce');
      expect(dataOf(bout)).toEqual(Object.values(slow));
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C29 gives up on names that are never found, and on handshakes that are never answered', async () => {
      const [silent, unanswered] = ['silent.good.com', `127.0.0.1:${server.port()}`];
      const requests = [silent, unanswered].map((host) => ({ url: `https://${host}/` }));
      const grant = { capabilities: ['net.fetch'], permissions: { net: { allow: [silent, unanswered] } } };
      const bout = await arena.run('asksAtOnce', requests, grant);
      // undici counts short times in steps of half a second: the bound around it may be first.
      const noHandshake = expect.stringMatching(/^ERR_TIMEOUT UND_ERR_(CONNECT|HEADERS)_TIMEOUT$/);
      expect(dataOf(bout)).toEqual(['ERR_TIMEOUT LOOKUP_TIMEOUT', noHandshake]);
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C29 fails where the answer is none, or its length is a lie, and takes an odd one for what it is', async () => {
      const broken =
        `http-0.9 http-9 nothing reset status-0 status-101 status-999 nul-header folded-header bare-cr bad-chunk
        negative-length huge-length two-lengths length-and-chunks fewer-bytes not-gzip`.split(/\s+/);
      const odd = {
        // As every fetch, it hands out what there is of a compressed body that was cut off.
        truncated: '200 cut ',
        'more-bytes': '200 mor',
        'unknown-coding': '200 as it is',
        'latin-reason': '200 ok',
        informational: '200 ok',
        'redirect-without-end': '200 fine',
      };
      const outcomes = dataOf(await ask([...broken, ...Object.keys(odd)])) as readonly string[];
      expect(outcomes.slice(0, broken.length)).toEqual(broken.map(() => expect.stringMatching(/^ERR_FETCH_FAILED/)));
      expect(outcomes.slice(broken.length)).toEqual(Object.values(odd));
      await vi.waitFor(() => expect(server.open()).toBe(0));
    });

    it('C37 takes no answer that nobody asked for as the answer to the next request', async () => {
      expect(dataOf(await ask(['smuggled', 'fine', 'smuggled', 'fine']))).toEqual([
        '200 one',
        '200 fine',
        '200 one',
        '200 fine',
      ]);
    });
  });
});
