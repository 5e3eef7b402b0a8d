import { createServer } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Arena, Bout } from './arena.js';
import { openLoopback } from './loopback.js';
import { createNames } from './names.js';

const server = openLoopback(createServer((_, response) => response.end('reached')));
const policy = { net: { allow: ['https://api.good.com', '*.cdn.good.com'] } };
const [notRequested, invalid] = ['ERR_PERMISSION_DENIED not-requested', 'ERR_INVALID_ARGUMENT'];

describe.each(places)('$name', (place) => {
  describe.skipIf(!place.works)(`URLs${place.notRun}`, () => {
    const names = createNames();
    const arena = openArena(place, 'c', { hostApi: names.hostApi });
    beforeEach(() => {
      server.reset();
      names.asked.length = 0;
    });

    it('C01 denies this machine by any name', async () => {
      const urls = http('127.0.0.1 localhost foo.localhost localhost. LOCALHOST 127.0.0.1. [::1] ip6-localhost');
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
    });

    it('C02 denies addresses in any spelling', async () => {
      const urls = http(`2130706433 0x7f000001 0X7F.1 0177.0.0.1 127.1 127.0.1 0 0x0 00 1 0x7f.0.0.0x1 017700000001
        ①②⑦.0.0.1 127。0。0。1 %31%32%37.1 127．1 0x7f000001. [0:0:0:0:0:0:0:1] [::0001]`);
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
    });

    it('C04 denies addresses that carry another', async () => {
      const urls = http(`[64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [64:ff9b::127.0.0.1] [2002:7f00:1::] [2001:0:7f00:1::1]
        [::ffff:127.0.0.1] [::FFFF:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1] [2606:4700::5efe:7f00:1]
        [2001:10::1] [2001:20::1] [2001:db8::1] [3fff::1] [5f00::1] [fec0::1] [fe80::1] [ff02::1]`);
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
    });

    it('C05 denies metadata services, which no rule lifts', async () => {
      const allow = [
        'http://0.0.0.0/0:*',
        'http://[::/0]:*',
        'http://metadata.google.internal',
        'http://*.goog.internal',
      ];
      const urls = http(`169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 [::ffff:169.254.169.254]
        169.254.43518 169.254.169.254:8080 [fd00:ec2::254] [FD00:0EC2:0::254] 168.63.129.16 100.100.100.200
        metadata.google.internal METADATA.google.internal. metadata。google。internal [64:ff9b::a9fe:a9fe]
        [2002:a9fe:a9fe::1] 169.254.170.2 169.254.170.23 169.254.42.42 [fd00:42::42] 169.254.0.23`);
      expect(await deny(arena, urls, { net: { allow } })).toEqual({ 'ERR_PERMISSION_DENIED mandatory-deny': urls });
    });

    it('C16 reads the host where WHATWG reads it', async () => {
      const urls = words(`https://evil.com#@api.good.com/ https://evil.com\\@api.good.com/ https:evil.com/@api.good.com
        https://evil.com/?https://api.good.com/ https:\\\\evil.com\\@api.good.com/ https:/evil.com/.cdn.good.com
        https://evil.com?.cdn.good.com https://evil.com:443#.cdn.good.com https://evil.com;.api.good.com/`);
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
      const users = words(`https://api.good.com@evil.com/ https://api.good.com:443@evil.com/ https://a:b@api.good.com/
        https://:secret@api.good.com/ https://a%40b@api.good.com/ https://api.good.com%40evil.com@api.good.com
        https:a:secret@api.good.com/ https:\\\\a:secret@api.good.com/ https:////a:secret@api.good.com`);
      const spaced = [...users, ' https://a:secret@api.good.com/'];
      expect(await deny(arena, spaced)).toEqual({ 'ERR_PERMISSION_DENIED user-info': spaced });
    });

    it('C17 takes no name for another that looks like it', async () => {
      const urls = https(`api.good.com.evil.com evilapi.good.com xapi.good.com good.com com cdn.good.com
        xcdn.good.com cdn.good.com.evil.com a.b.evilcdn.good.com api-good.com apixgood.com
        \u0430pi.good.com api.g\u043eod.com api.good.c\u043em xn--pi-6kc.good.com api.good.co *.good.com`);
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
    });

    it('C19 allows any depth below a star', async () => {
      const urls = https(
        'a.cdn.good.com a.b.cdn.good.com a.b.c.d.e.f.cdn.good.com A.B.CDN.good.com. xn--bcher-kva.b.cdn.good.com',
      );
      const bout = await ask(arena, urls);
      // Allowed: what fails is to find them.
      expect(group(bout, urls)).toEqual({ 'ERR_FETCH_FAILED ENOTFOUND': urls });
      expect(bout.denied).toEqual([]);
      expect(names.asked.map((name) => name.replace(/.*(?=cdn)/, ''))).toEqual(urls.map(() => 'cdn.good.com'));
    });

    it('C20 decides on the canonical form alone', async () => {
      const same = words(`https://api.good.com./ HTTPS://API.GOOD.COM/ https://api。good。com/ https://api．good｡com/
        https://api%2egood.com/ https:api.good.com https:\\\\api.good.com\\x https://\u{ff41}pi.good.com/
        https://a\u00adpi.good.com/ https://a\u200bpi.good.com/ https://api.good.com:443/ https://api.good.com:/
        https://ⓐⓟⓘ.good.com https://api.good.com:0443/`);
      const padded = [...same, '  https://api.good.com/ '];
      const allowed = await ask(arena, padded);
      expect(group(allowed, padded)).toEqual({ 'ERR_FETCH_FAILED ENOTFOUND': padded });
      expect(new Set(names.asked)).toEqual(new Set(['api.good.com']));
    });

    it('C20 refuses what is no URL, or has a character that does not print', async () => {
      const urls = [
        ...https(`a%00.cdn.good.com a<b.cdn.good.com a|b.cdn.good.com a^b.cdn.good.com a%23.cdn.good.com a%2f.cdn.good.com
          a%5c.cdn.good.com api.good.com:65536 api.good.com:-1 api.good.com:1e3 api.good.com:+443 [api.good.com]
          [::1%25eth0] [::1%eth0] [::1 256.1.1.1 1.2.3.4.5 [1.2.3.4] [::ffff:1.2.3.4.5] api.good.com:443:443
          cdn.good.com]x @ :443 .cdn.good.com .a.cdn.good.com a..cdn.good.com api.good.com.. api..good.com . .. 。api.good.com
          %2eapi.good.com .`),
        ...words('//api.good.com/ api.good.com /x https:// https:///'),
        '',
        'https://a b.cdn.good.com/',
        ...['\t', '\n', '\0', '\x7f', '\u0085', '\ud800', '\udc00x'].map((bad) => `https://api.good.com/${bad}`),
        ...['\t', '\0', '\x1f'].map((bad) => `ht${bad}tps://a:secret@api.good.com/`),
        'https:/\n/a:secret@api.good.com/',
        `https://api.good.com/${'a'.repeat(5_000)}`,
        `https://${'a.'.repeat(130)}cdn.good.com/`,
        `https://a:secret${'x'.repeat(5_000)}@api.good.com/`,
      ];
      expect(await deny(arena, urls)).toEqual({ [invalid]: urls });
    });

    it('C22 means https where a rule names no scheme', async () => {
      const urls = http('api.good.com api.good.com:443 a.cdn.good.com api.good.com.');
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
    });

    it('C23 means the own port where a rule names none', async () => {
      const urls = https('api.good.com:8443 api.good.com:444 a.cdn.good.com:65535 api.good.com:80');
      expect(await deny(arena, urls)).toEqual({ [notRequested]: urls });
      const bad = https('api.good.com:0 api.good.com:22 api.good.com:25 a.cdn.good.com:6667 api.good.com:00000');
      expect(await deny(arena, bad)).toEqual({ 'ERR_PERMISSION_DENIED port-refused': bad });
    });

    it('C25 speaks http and https alone', async () => {
      const urls =
        words(`ws://api.good.com/ wss://api.good.com/ ftp://api.good.com gopher://api.good.com file:///etc/passwd
        jar:https://api.good.com httpss://api.good.com http+unix://x view-source:https://api.good.com x:y about:blank
        unix:/var/run/docker.sock data:text/plain,x blob:https://api.good.com/1 javascript:1 FILE://api.good.com/x`);
      expect(await deny(arena, urls)).toEqual({ 'ERR_PERMISSION_DENIED scheme-refused': urls });
    });

    it('C16 reads what is handed in as a URL once', async () => {
      const url = `http://api.good.com:${server.port()}/`;
      const { outcomes, reads } = dataOf(await arena.run('asksOddly', { url }, granting(policy))) as Oddly;
      expect(reads).toBe(1);
      expect(outcomes[0]).toBe(notRequested);
      expect(outcomes.filter((outcome) => ![invalid, notRequested].includes(outcome))).toEqual([]);
      expect(server.accepted()).toBe(0);
    });
  });
});

interface Oddly {
  readonly outcomes: readonly string[];
  readonly reads: number;
}

type Permissions = { readonly net: { readonly allow: readonly string[] } };

function granting(permissions: Permissions): { capabilities: readonly string[]; permissions: Permissions } {
  return { capabilities: ['net.fetch'], permissions };
}

async function ask(arena: Arena, urls: readonly string[], permissions: Permissions = policy): Promise<Bout> {
  const requests = urls.map((url) => ({ url }));
  return await arena.run('asks', requests, granting(permissions));
}

/** What came of each, all of them denied: each with one record that holds no secret, no name looked up, nobody connected to. */
async function deny(arena: Arena, urls: readonly string[], permissions: Permissions = policy): Promise<unknown> {
  const bout = await ask(arena, urls, permissions);
  const outcomes = group(bout, urls);
  expect(bout.denied).toHaveLength(urls.length);
  expect(new Set(bout.denied.map(({ kind, operation }) => `${kind} ${operation}`))).toEqual(new Set(['net fetch']));
  expect(JSON.stringify(bout.denied)).not.toMatch(/secret|a:b@|a%40b/);
  expect(bout.result.metrics.fetches.used).toBe(0);
  expect(server.accepted()).toBe(0);
  return outcomes;
}

/** The URLs by what came of them. */
function group(bout: Bout, urls: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const outcomes = dataOf(bout) as readonly string[];
  return Object.fromEntries(
    [...new Set(outcomes)].map((outcome) => [outcome, urls.filter((_, index) => outcomes[index] === outcome)]),
  );
}

function words(text: string): string[] {
  return text.split(/\s+/);
}

function http(hosts: string): string[] {
  return words(hosts).map((host) => `http://${host}/`);
}

function https(hosts: string): string[] {
  return words(hosts).map((host) => `https://${host}/`);
}
