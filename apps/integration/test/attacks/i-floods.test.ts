import { readdirSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePlaces, places } from '../scene.js';
import { codeOf, dataOf, failureOf, openArena } from './arena.js';
import { openLoopback } from './loopback.js';
import { strainOf } from './watch-host.js';

const KIB = 1_024;
const stoppable = places.filter(({ name }) => name !== 'in-process');

let answered = 0;
const server = openLoopback(
  createServer((_, response) => {
    answered += 1;
    response.end('pong');
  }),
);

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`quotas${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: 30 });
    const count = async (verb: string, times: number, args: unknown[], grant: object): Promise<unknown> =>
      dataOf(await arena.run('counts', { verb, times, args }, grant));

    it('I13 holds few files open for a handler that reads many at once', async () => {
      const grant = {
        capabilities: ['fs.read'],
        permissions: { fs: { mode: 'read', allow: ['data'] }, quotas: { maxInFlight: 8 } },
      };
      const before = descriptors();
      let most = 0;
      const timer = setInterval(() => (most = Math.max(most, descriptors())), 1);
      expect(await count('fs.readFile', 400, ['data/hello.txt', 'utf8'], grant)).toEqual({ ok: 400 });
      clearInterval(timer);
      // Each call holds the folders of its path and the file; the place itself takes a few.
      expect(most - before).toBeLessThan(8 * 4 + 40);
    });

    it('I16 makes as many files as it may, and no more', async () => {
      const quotas = { maxEntriesWritten: 60 };
      const grant = {
        capabilities: ['fs.read', 'fs.write'],
        permissions: { fs: { mode: 'readWrite', allow: ['data'] }, quotas },
      };
      const files = await count('fs.writeFile', 150, ['data/file-#', ''], grant);
      expect(files).toEqual({ ok: 60, ERR_QUOTA_EXCEEDED: 90 });
      const folders = await count('fs.mkdir', 150, ['data/folder-#'], grant);
      expect(folders).toEqual({ ok: 60, ERR_QUOTA_EXCEEDED: 90 });
      const made = await readdir(join(arena.scene().root, 'data'));
      expect(made.filter((name) => name.startsWith('file-'))).toHaveLength(60);
      expect(made.filter((name) => name.startsWith('folder-'))).toHaveLength(60);
    });

    it('I25 sends as many requests as it may, and no more, over all that are under way', async () => {
      answered = 0;
      const address = `http://127.0.0.1:${server.port()}`;
      const grant = {
        capabilities: ['net.fetch'],
        permissions: { net: { allow: [address] }, quotas: { maxFetches: 12 } },
      };
      expect(await count('fetch', 100, [`${address}/#`], grant)).toEqual({ ok: 12, ERR_QUOTA_EXCEEDED: 88 });
      expect(answered).toBe(12);
    });

    it('I25 looks up no name for requests beyond its quota of calls', async () => {
      const grant = {
        capabilities: ['net.fetch'],
        permissions: { net: { allow: ['*.example.test'] }, quotas: { maxHostCalls: 5, maxFetches: 3 } },
      };
      const codes = (await count('fetch', 50, ['https://n#.example.test/'], grant)) as Record<string, number>;
      expect(codes['ERR_QUOTA_EXCEEDED']).toBe(47);
    });

    it('I17 cuts what it logs at its quota, with one marker, and keeps the rest of the host flat', async () => {
      const grant = { permissions: { quotas: { maxOutputBytes: 64 * KIB } } };
      const { result } = await arena.run('logsThenReturns', 2_000, grant);
      expect(result).toMatchObject({ ok: true, data: 2_000 });
      const bytes = result.logs.reduce((sum, { text }) => sum + text.length, 0);
      expect(bytes).toBeLessThan(66 * KIB);
      expect(result.logs.filter(({ source }) => source === 'sandbox')).toHaveLength(1);
      expect(result.metrics.outputBytes).toEqual({ used: 64 * KIB, limit: 64 * KIB });
    });
  });
});

describe.each(stoppable)('$name', (place) => {
  describe.skipIf(!place.works)(`floods${place.notRun}`, () => {
    const arena = openArena(place, 'i', { graceMs: 30 });
    const quotas = { timeoutMs: 300, maxOutputBytes: 64 * KIB, memoryMb: 256, maxResultBytes: 8 * KIB * KIB };

    it.each([
      ['I17', 'logs'],
      ['I17', 'progresses'],
    ])('%s ends by time what never stops talking, and the host keeps a little of it: %s', async (_, name) => {
      let logged = 0;
      const { grownMib } = await strainOf(async () => {
        const bout = await arena.run(name, {}, { permissions: { quotas } });
        failureOf(bout, 'ERR_TIMEOUT');
        logged = bout.result.logs.reduce((sum, { text }) => sum + text.length, 0);
        expect(bout.result.metrics.outputBytes.used).toBeLessThanOrEqual(64 * KIB);
      });
      expect(logged).toBeLessThan(66 * KIB);
      expect(grownMib).toBeLessThan(100);
    });

    it('I20 ends what asks and asks and never takes its answers, and the host holds few of them', async () => {
      const { root } = arena.scene();
      await writeFile(join(root, 'data/large.txt'), 'x'.repeat(3 * KIB * KIB));
      const grant = {
        capabilities: ['fs.read'],
        permissions: { fs: { mode: 'read', allow: ['data'] }, quotas: { ...quotas, maxInFlight: 16 } },
      } as const;
      const { grownMib } = await strainOf(async () => {
        expect(['ERR_TIMEOUT', 'ERR_PROTOCOL']).toContain(codeOf(await arena.run('neverReads', {}, grant)));
      });
      expect(grownMib).toBeLessThan(250);
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    });
  });
});

/** What this process has open. Counted at once, for the count is of a moment. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
