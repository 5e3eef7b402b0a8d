import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces, places } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import { createNames } from './names.js';

const folder = mkdtempSync(join(tmpdir(), 'kb-labs-unix-'));
const [path, mine] = [join(folder, 'host.sock'), join(folder, 'guest.sock')];
let visits = 0;
const listener = createServer((socket) => {
  visits += 1;
  socket.destroy();
});
const nameServer = createSocket('udp4', () => {
  visits += 1;
});

const tcpListener = createServer((socket) => {
  visits += 1;
  socket.destroy();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  await new Promise<void>((resolve) => tcpListener.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => nameServer.bind(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve));
  await new Promise((resolve) => tcpListener.close(resolve));
  await new Promise<void>((resolve) => nameServer.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  visits = 0;
});

const udpPort = (): number => (nameServer.address() as AddressInfo).port;
const tcpPort = (): number => (tcpListener.address() as AddressInfo).port;
// Whether a guest has Node at all, and a sandbox that says it keeps the network from it.
const forks = places.filter(({ name }) => name.startsWith('fork'));

// The table expects a gap on Node 24 and below, which have no --allow-net, and ENOENT behind the wall. The modules are refused before any
// of that, in each version; that the kernel refuses as well is what the conformance kit attacks, with nothing but the wall.
describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`the network of Node${place.notRun}`, () => {
    const arena = openArena(place, 'c-raw');

    it('C34 leads to no Unix socket, and listens on none', async () => {
      const outcomes = dataOf(await arena.run('usesUnixSockets', { path, mine })) as Readonly<Record<string, string>>;
      expect(Object.entries(outcomes).filter(([, outcome]) => outcome.startsWith('got'))).toEqual([]);
      expect(Object.keys(outcomes).length).toBeGreaterThan(15);
      expect([visits, existsSync(mine)]).toEqual([0, false]);
    });

    it('C35 tells no name server anything', async () => {
      const input = { port: udpPort(), secret: 'secret' };
      const outcomes = dataOf(await arena.run('asksNameServers', input)) as Readonly<Record<string, string>>;
      expect(Object.entries(outcomes).filter(([, outcome]) => outcome.startsWith('got'))).toEqual([]);
      expect(Object.keys(outcomes).length).toBeGreaterThan(10);
      expect(visits).toBe(0);
    });

    it('C34 leads nowhere by the handle of a socket that was refused', async () => {
      const { dispatched, shown, uses } = dataOf(await arena.run('usesShownHandles', { port: tcpPort() })) as {
        readonly dispatched: string;
        readonly shown: string;
        readonly uses: Readonly<Record<string, string>>;
      };
      expect([dispatched, shown]).toEqual(['ERR_ACCESS_DENIED', 'object']);
      expect(Object.entries(uses).filter(([, outcome]) => outcome.startsWith('got'))).toEqual([]);
      expect(Object.keys(uses)).toHaveLength(6);
      expect(visits).toBe(0);
    });

    it('C34 and C35 are what it claims', async () => {
      const { result } = await arena.run('usesUnixSockets', { path, mine });
      expect(result.confinement?.firmness.net).toBe(place.name === 'fork' ? 'guard' : 'wall');
    });
  });
});

describe.each(places.filter(({ name }) => name === 'worker'))('$name', (place) => {
  it('C34 and C35 are not what a thread claims to hold', async () => {
    await using sandbox = place.create();
    expect((await sandbox.confines()).net).not.toBe('wall');
  });
});

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`names${place.notRun}`, () => {
    const names = createNames();
    const arena = openArena(place, 'c', { hostApi: names.hostApi });

    it('C35 looks up no name that is not granted', async () => {
      const urls = ['https://secret.evil.com/', 'https://secret.api.good.com/', 'http://secret.cdn.good.com/'];
      const permissions = { net: { allow: ['https://api.good.com', '*.cdn.good.com'] } };
      const requests = urls.map((url) => ({ url }));
      const bout = await arena.run('asks', requests, { capabilities: ['net.fetch'], permissions });
      expect(dataOf(bout)).toEqual(urls.map(() => 'ERR_PERMISSION_DENIED not-requested'));
      expect([names.asked, bout.denied.length]).toEqual([[], 3]);
    });
  });
});
