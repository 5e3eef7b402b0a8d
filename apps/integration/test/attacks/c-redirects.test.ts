import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { openLoopback } from './loopback.js';
import { createNames } from './names.js';

/** `/<status>/<where, encoded>` leads there; anything else is told back. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, status = '', where = ''] = /^\/(\d{3})\/([^/]*)$/.exec(request.url ?? '') ?? [];
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => {
    const { authorization, cookie } = request.headers;
    const [plain] = request.headersDistinct['x-plain'] ?? [];
    seen.push([
      request.headers.host ?? '',
      request.method,
      authorization,
      cookie,
      plain,
      Buffer.concat(body).toString(),
    ]);
    if (status === '') response.end('the end');
    else response.writeHead(Number(status), { location: decodeURIComponent(where) }).end('SECRET of a hop');
  });
}

const seen: (string | undefined)[][] = [];
const server = openLoopback(createServer(answer));
const other = openLoopback(createServer(answer));

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`redirects${place.notRun}`, () => {
    const names = createNames();
    const arena = openArena(place, 'c', { hostApi: names.hostApi });
    beforeEach(() => {
      seen.length = 0;
      server.reset();
      other.reset();
      names.set('in.good.com', ['127.0.0.1']);
      names.set('rebound.good.com', ['127.0.0.9']);
    });

    const origin = (): string => `http://127.0.0.1:${server.port()}`;
    const away = (): string => `http://in.good.com:${other.port()}`;
    const to = (where: string, status = 302): string => `${origin()}/${status}/${encodeURIComponent(where)}`;

    async function ask(requests: readonly { readonly url: string; readonly init?: unknown }[]): Promise<Bout> {
      const allow = [origin(), away(), `http://127.0.0.1:${other.port()}`, `http://rebound.good.com:${other.port()}`];
      return await arena.run('asks', requests, { capabilities: ['net.fetch'], permissions: { net: { allow } } });
    }

    it('C11 denies a redirect to where no rule leads, and gives nothing of its first answer away', async () => {
      const reasons = {
        'http://169.254.169.254/latest': 'mandatory-deny',
        'http://[::ffff:a9fe:a9fe]/': 'mandatory-deny',
        'http://2852039166/': 'mandatory-deny',
        '//evil.com/': 'not-requested',
        '\\\\evil.com/': 'not-requested',
        '/\\evil.com': 'not-requested',
        'http:\\\\evil.com': 'not-requested',
        'http://127.0.0.1:1/': 'port-refused',
        [`http://localhost:${server.port()}/`]: 'not-requested',
        [`http://rebound.good.com:${other.port()}/`]: 'private-address',
        [`http://user:secret@127.0.0.1:${server.port()}/`]: 'user-info',
        [`//user@127.0.0.1:${server.port()}/`]: 'user-info',
      };
      const bout = await ask(Object.keys(reasons).map((where) => ({ url: to(where) })));
      expect(dataOf(bout)).toEqual(Object.values(reasons).map((reason) => `ERR_PERMISSION_DENIED ${reason}`));
      expect(bout.denied).toHaveLength(Object.keys(reasons).length);
      expect(JSON.stringify([bout.result, bout.denied])).not.toMatch(/SECRET|secret/);
      expect([server.accepted() > 0, other.accepted()]).toEqual([true, 0]);
    });

    it('C11 denies at each hop, of each kind, whatever came before', async () => {
      const evil = 'http://169.254.169.254/';
      const kinds = [301, 302, 303, 307, 308].map((status) => to(evil, status));
      const later = to(to(to(evil)));
      const bout = await ask([...kinds, later].map((url) => ({ url })));
      expect(dataOf(bout)).toEqual(Array.from({ length: 6 }, () => 'ERR_PERMISSION_DENIED mandatory-deny'));
    });

    it('C11 ends a chain after five, and a loop as well', async () => {
      const chain = (hops: number): string => (hops === 0 ? `${origin()}/` : to(chain(hops - 1)));
      const bout = await ask([{ url: chain(5) }, { url: chain(6) }, { url: to('') }]);
      expect(dataOf(bout)).toEqual(['200 the end', 'ERR_FETCH_FAILED REDIRECT', 'ERR_FETCH_FAILED REDIRECT']);
    });

    it('C13 takes credentials to their own origin alone, and not back', async () => {
      const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Plain': 'p' };
      const there = `${away()}/302/${encodeURIComponent(`${origin()}/back`)}`;
      const bout = await ask([
        { url: to('/same'), init: { headers } },
        { url: to(there), init: { headers } },
        { url: to(`http://127.0.0.1:${other.port()}/port`), init: { headers } },
      ]);
      expect(dataOf(bout)).toEqual(['200 the end', '200 the end', '200 the end']);
      const [all, stripped] = [
        ['Bearer x', 'a=b', 'p'],
        [undefined, undefined, 'p'],
      ];
      const told = seen.map(([, , authorization, cookie, plain]) => [authorization, cookie, plain]);
      expect(told).toEqual([all, all, all, stripped, stripped, all, stripped]);
    });

    it('C13 sends a body again only where the status says so', async () => {
      const init = { method: 'POST', body: 'the body' };
      const statuses = [301, 302, 303, 307, 308];
      const bout = await ask(statuses.map((status) => ({ url: to(`${away()}/`, status), init })));
      expect(dataOf(bout)).toEqual(statuses.map(() => '200 the end'));
      const arrived = seen
        .filter(([host]) => host?.startsWith('in.good.com'))
        .map(([, method, , , , body]) => `${method} ${body}`);
      expect(arrived).toEqual(['GET ', 'GET ', 'GET ', 'POST the body', 'POST the body']);
    });

    it('C14 denies a redirect to what is neither http nor https', async () => {
      const elsewhere =
        `file:///etc/passwd data:text/plain,x blob:null/x javascript:alert(1) ws://127.0.0.1/ about:blank
        ftp://127.0.0.1/ FILE:///etc/passwd unix:/run/docker.sock blob:http://127.0.0.1/x`.split(/\s+/);
      const bout = await ask(elsewhere.map((where) => ({ url: to(where) })));
      expect(dataOf(bout)).toEqual(elsewhere.map(() => 'ERR_PERMISSION_DENIED scheme-refused'));
      expect(bout.denied).toHaveLength(elsewhere.length);
    });

    it('C14 fails where the Location is no URL, and follows none but a redirect', async () => {
      const broken = ['http://[', 'http://a b/', 'http://127.0.0.1:99999/', 'http://'];
      const bout = await ask(
        [...broken.map((where) => to(where)), to('//evil.com', 300), to('//evil.com', 304)].map((url) => ({ url })),
      );
      expect(dataOf(bout)).toEqual([...broken.map(() => 'ERR_FETCH_FAILED REDIRECT'), '300 SECRET of a hop', '304 ']);
    });
  });
});
