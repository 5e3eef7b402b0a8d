import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import { openLoopback } from './loopback.js';
import { createNames } from './names.js';

const server = openLoopback(createServer((_, response) => response.end('reached')));
const [privateAddress, metadata] = ['ERR_PERMISSION_DENIED private-address', 'ERR_PERMISSION_DENIED mandatory-deny'];

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`what a name leads to${place.notRun}`, () => {
    const names = createNames({
      ownAddresses: ['93.184.216.34', '2606:2800:220:1::248'],
      timeouts: { connectMs: 200 },
    });
    const arena = openArena(place, 'c', { hostApi: names.hostApi });
    beforeEach(() => {
      server.reset();
      names.asked.length = 0;
    });

    /** Asks for `api.good.com`, which means each of these lists of addresses in turn. */
    async function askFor(answers: readonly (readonly string[])[], more: readonly string[] = []): Promise<Bout> {
      names.set('api.good.com', ...answers);
      const requests = answers.map((_, index) => ({ url: `http://api.good.com:${server.port()}/${index}` }));
      return await arena.run('asks', requests, grant(more));
    }

    it('C07 denies the addresses of this machine, public or not', async () => {
      const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
      const answers = [
        ...own.map(({ address }) => [address]),
        ['93.184.216.34'],
        ['1.1.1.1', '2606:2800:0220:1:0::0248'],
      ];
      const bout = await askFor(answers);
      expect(dataOf(bout)).toEqual(answers.map(() => privateAddress));
      expect(bout.denied).toHaveLength(answers.length);
      expect(server.accepted()).toBe(0);
    });

    it('C08 denies a name that leads to no public address, before any connection', async () => {
      const answers = words(`127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 192.0.0.1 192.0.2.1
        198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:8.8.8.8
        ::127.0.0.1 ::8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::a00:1 2002:7f00:1:: 2002:808:808:: 2001::1
        2001:10::1 2001:20::1 2001:db8::1 3fff::1 5f00::1 fe80::1 fe80::1%lo fec0::1 fc00::1 fd00::1 ff02::1 4000::1 100::1
        2606:4700::5efe:7f00:1 0x7f000001 127.1 2130706433 localhost [::1] 127.0.0.1:80`).map((address) => [address]);
      const bout = await askFor([...answers, ['']]);
      expect(dataOf(bout)).toEqual([...answers, ''].map(() => privateAddress));
      expect(new Set(bout.denied.map(({ kind, operation }) => `${kind} ${operation}`))).toEqual(
        new Set(['address connect']),
      );
      names.set('api.good.com', ['10.11.12.13']);
      const told = await arena.run('asksToBeTold', { url: `http://api.good.com:${server.port()}/` }, grant());
      expect(dataOf(told)).toMatch(/api\.good\.com/);
      expect(dataOf(told)).not.toMatch(/10\.11\.12\.13/);
      expect(server.accepted()).toBe(0);
    });

    it('C05 denies a name that leads to a metadata service, whatever a rule names', async () => {
      const answers = words(`169.254.169.254 fd00:ec2::254 168.63.129.16 100.100.100.200 ::ffff:169.254.169.254
        64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::`).map((address) => [address]);
      const bout = await askFor(answers, ['http://0.0.0.0/0:*', 'http://[::/0]:*']);
      expect(dataOf(bout)).toEqual(answers.map(() => metadata));
    });

    it('C10 denies a name of which one address is private, wherever that stands', async () => {
      const many = Array.from({ length: 99 }, (_, index) => `1.1.${index}.1`);
      const answers = [
        ['1.1.1.1', '127.0.0.1'],
        ['127.0.0.1', '1.1.1.1'],
        ['2606:4700:4700::1111', '1.1.1.1', '::1'],
        ['127.0.0.1', '127.0.0.1'],
        [...many, '127.0.0.1'],
      ];
      const bout = await askFor(answers);
      expect(dataOf(bout)).toEqual(answers.map(() => privateAddress));
      expect(bout.denied).toHaveLength(answers.length);
      expect(server.accepted()).toBe(0);
    });

    it('C10 fails where a name has no address, or more than anybody needs', async () => {
      const many = Array.from({ length: 300 }, (_, index) => `1.1.${index % 256}.1`);
      const bout = await askFor([[], many]);
      expect(dataOf(bout)).toEqual(['ERR_FETCH_FAILED ENOTFOUND', 'ERR_FETCH_FAILED TOO_MANY_ADDRESSES']);
      expect(server.accepted()).toBe(0);
    });

    it('C38 decides on what a name means now, not on what it meant when its connection was made', async () => {
      const granted = [`http://127.0.0.1:${server.port()}`];
      const bout = await askFor(
        [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1'], ['169.254.169.254'], ['10.0.0.1']],
        granted,
      );
      expect(dataOf(bout)).toEqual(['200 reached', privateAddress, '200 reached', metadata, privateAddress]);
      expect(names.asked).toHaveLength(5);
      expect(bout.denied).toHaveLength(3);
    });

    it('C08 connects to what was checked, whatever the name means a moment later', async () => {
      const granted = [`http://127.0.0.1:${server.port()}`];
      // A second question would be answered with an address that leads nowhere.
      names.set('api.good.com', ['127.0.0.1'], ['127.0.0.3']);
      const bout = await arena.run('asks', [{ url: `http://api.good.com:${server.port()}/` }], grant(granted));
      expect(dataOf(bout)).toEqual(['200 reached']);
      expect([names.asked, server.accepted()]).toEqual([['api.good.com'], 1]);
    });
  });
});

function grant(more: readonly string[] = []): Partial<PluginContextOptions> {
  const allow = [`http://api.good.com:${server.port()}`, ...more];
  return { capabilities: ['net.fetch'], permissions: { net: { allow } } };
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
