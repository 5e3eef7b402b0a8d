import { createServer } from 'node:https';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { openLoopback } from './loopback.js';
import { createNames } from './names.js';
import { makeSelfSigned } from './self-signed.js';

const asked: string[] = [];
const known = makeSelfSigned(['api.good.com']);
const trusted = openLoopback(
  createServer(known, (request, response) => {
    asked.push(request.url ?? '');
    const where = decodeURIComponent(/^\/to\/(.*)$/.exec(request.url ?? '')?.[1] ?? '');
    if (where === '') response.end('reached');
    else response.writeHead(302, { location: where }).end('SECRET');
  }),
);
const stranger = openLoopback(createServer(makeSelfSigned(['api.good.com']), (_, response) => response.end('reached')));
// From Node 22.19 and 24.5 on.
const canTrust = 'setDefaultCACertificates' in tls;
const notRun = canTrust ? '' : ' (not run: this Node cannot be told to trust a certificate)';

beforeAll(() => {
  if (canTrust) tls.setDefaultCACertificates([...tls.getCACertificates('default'), known.cert]);
});
afterAll(() => {
  if (canTrust) tls.setDefaultCACertificates(tls.getCACertificates('bundled'));
});

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`certificates${place.notRun}`, () => {
    const names = createNames();
    const arena = openArena(place, 'c', { hostApi: names.hostApi });
    beforeEach(() => {
      asked.length = 0;
      for (const name of ['api.good.com', 'other.good.com']) names.set(name, ['127.0.0.1']);
    });

    async function ask(...urls: readonly string[]): Promise<Bout> {
      const ports = [trusted.port(), stranger.port()];
      const hosts = ['api.good.com', 'other.good.com', '127.0.0.1'];
      const allow = hosts.flatMap((host) => ports.flatMap((port) => [`${host}:${port}`, `http://${host}:${port}`]));
      const requests = urls.map((url) => ({ url }));
      return await arena.run('asks', requests, { capabilities: ['net.fetch'], permissions: { net: { allow } } });
    }

    it('C32 trusts no certificate of a stranger, whatever the environment says', async () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        const bout = await ask(`https://api.good.com:${stranger.port()}/`, `https://127.0.0.1:${stranger.port()}/`);
        const refused = 'ERR_FETCH_FAILED DEPTH_ZERO_SELF_SIGNED_CERT';
        expect(dataOf(bout)).toEqual([refused, refused]);
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      }
    });

    describe.skipIf(!canTrust)(`one that is trusted${notRun}`, () => {
      it('C32 serves for its own names alone', async () => {
        const bout = await ask(`https://api.good.com:${trusted.port()}/`, `https://other.good.com:${trusted.port()}/`);
        expect(dataOf(bout)).toEqual(['200 reached', 'ERR_FETCH_FAILED ERR_TLS_CERT_ALTNAME_INVALID']);
        expect(asked).toEqual(['/']);
      });

      it('C13 denies a redirect from https to http, to the same host and port as well', async () => {
        const origin = `https://api.good.com:${trusted.port()}`;
        const downs = [
          origin.replace('https', 'http'),
          `http://127.0.0.1:${trusted.port()}/`,
          `HTTP://api.good.com:${trusted.port()}`,
        ];
        const bout = await ask(...downs.map((down) => `${origin}/to/${encodeURIComponent(down)}`), `${origin}/to/%2F`);
        expect(dataOf(bout)).toEqual([...downs.map(() => 'ERR_PERMISSION_DENIED scheme-refused'), '200 reached']);
        expect(bout.denied).toHaveLength(downs.length);
      });
    });
  });
});
