import { createServer } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Arena, Bout } from './arena.js';
import { openLoopback } from './loopback.js';
import { createNames } from './names.js';
import { deniedUrls, metadataUrls, sameUrls, starredUrls } from './written-urls.js';

const server = openLoopback(createServer((_, response) => response.end('reached')));
const policy = { net: { allow: ['https://api.good.com', '*.cdn.good.com'] } };

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`URLs${place.notRun}`, () => {
    const names = createNames();
    const arena = openArena(place, 'c', { hostApi: names.hostApi });
    beforeEach(() => void (names.asked.length = 0));

    describe('in one run', () => {
      let bout: Bout;
      beforeAll(async () => {
        bout = await ask(
          arena,
          deniedUrls.flatMap(({ urls }) => urls),
        );
      });

      it.each(deniedUrls)('$title', ({ title, urls, outcome }) => {
        const before = deniedUrls.slice(
          0,
          deniedUrls.findIndex((each) => each.title === title),
        );
        const from = before.reduce((sum, each) => sum + each.urls.length, 0);
        const outcomes = (dataOf(bout) as readonly string[]).slice(from, from + urls.length);
        expect(urls.map((url, index) => `${url} → ${outcomes[index]}`)).toEqual(
          urls.map((url) => `${url} → ${outcome}`),
        );
        expect(
          bout.denied.slice(from, from + urls.length).map(({ kind, operation }) => `${kind} ${operation}`),
        ).toEqual(urls.map(() => 'net fetch'));
      });

      it('C01 to C25 tell of each denial once, of no secret, and nobody of a request', () => {
        expect(bout.denied).toHaveLength(deniedUrls.flatMap(({ urls }) => urls).length);
        expect(JSON.stringify(bout.denied)).not.toMatch(/secret|a:b@|a%40b/);
        expect([bout.result.metrics.fetches.used, names.asked, server.accepted()]).toEqual([0, [], 0]);
      });
    });

    it('C05 denies metadata services, which no rule lifts', async () => {
      const [all, every] = ['http://0.0.0.0/0:*', 'http://[::/0]:*'];
      const allow = [all, every, 'http://metadata.google.internal', 'http://*.google.internal'];
      const bout = await ask(arena, metadataUrls, { net: { allow } });
      expect(dataOf(bout)).toEqual(metadataUrls.map(() => 'ERR_PERMISSION_DENIED mandatory-deny'));
      expect([bout.denied.length, names.asked]).toEqual([metadataUrls.length, []]);
    });

    it('C19 allows any depth below a star', async () => {
      const bout = await ask(arena, starredUrls);
      // Allowed: what fails is to find them.
      expect(dataOf(bout)).toEqual(starredUrls.map(() => 'ERR_FETCH_FAILED ENOTFOUND'));
      expect(bout.denied).toEqual([]);
      expect(names.asked.map((name) => name.replace(/.*(?=cdn)/, ''))).toEqual(starredUrls.map(() => 'cdn.good.com'));
    });

    it('C20 decides on the canonical form alone', async () => {
      const bout = await ask(arena, sameUrls);
      expect(dataOf(bout)).toEqual(sameUrls.map(() => 'ERR_FETCH_FAILED ENOTFOUND'));
      expect(names.asked).toEqual(sameUrls.map(() => 'api.good.com'));
    });

    it('C16 reads what is handed in as a URL once', async () => {
      const url = `http://api.good.com:${server.port()}/`;
      const grant = { capabilities: ['net.fetch'], permissions: policy };
      const { outcomes, reads } = dataOf(await arena.run('asksOddly', { url }, grant)) as Oddly;
      expect(reads).toBe(1);
      expect(outcomes[0]).toBe('ERR_PERMISSION_DENIED not-requested');
      expect(outcomes.filter((outcome) => !/^ERR_(INVALID_ARGUMENT|PERMISSION_DENIED)/.test(outcome))).toEqual([]);
      expect(server.accepted()).toBe(0);
    });
  });
});

interface Oddly {
  readonly outcomes: readonly string[];
  readonly reads: number;
}

type Permissions = { readonly net: { readonly allow: readonly string[] } };

async function ask(arena: Arena, urls: readonly string[], permissions: Permissions = policy): Promise<Bout> {
  const requests = urls.map((url) => ({ url }));
  return await arena.run('asks', requests, { capabilities: ['net.fetch'], permissions });
}
