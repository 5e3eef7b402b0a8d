import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena, pluginFile } from './arena.js';
import { leastLag, strainOf } from './watch-host.js';

const KIB = 1_024;
const GRACE = 30;
const LIMIT = 300;
const mark = `kb-labs-clings-${process.pid}`;

/** A process of Node of its own: what Node offers, its guards, its streams. */
const apart = places.filter(({ name }) => name.startsWith('fork'));

// A folder of its own for the plugin, with a pipe in it that nobody writes to.
let pluginRoot = '';
beforeAll(() => {
  pluginRoot = realpathSync(mkdtempSync(join(tmpdir(), 'kb-labs-i-node-')));
  cpSync(pluginFile('i-node', '.'), pluginRoot, { recursive: true });
  execFileSync('mkfifo', [join(pluginRoot, 'pipe')]);
});
afterAll(() => rmSync(pluginRoot, { recursive: true, force: true }));

describe.each(apart)('$name', (place) => {
  describe.skipIf(!place.works)(`a process of its own${place.notRun}`, () => {
    const arena = openArena(place, 'i-node', { graceMs: GRACE });
    const within = (timeoutMs: number): object => ({
      pluginRoot,
      permissions: { quotas: { timeoutMs, maxOutputBytes: 64 * KIB } },
    });

    it('I04 is killed where it waits in the system', async () => {
      const bout = await arena.run('readsPipe', join(pluginRoot, 'pipe'), within(LIMIT));
      failureOf(bout, 'ERR_TIMEOUT');
      expect(bout.result.metrics.wallMs.used).toBeLessThan(LIMIT + 2_000);
      expect(failureOf(await arena.run('execs', {}, within(10_000)), 'ERR_HANDLER_FAILED').error?.code).toMatch(
        /^ERR_/u,
      );
    });

    it('I10 starts no processes and no threads, however often it tries', async () => {
      const codes = dataOf(await arena.run('forks', {}, within(10_000))) as string[];
      expect(codes).not.toContain('ok');
      expect(codes).toContain('ERR_ACCESS_DENIED');
    });

    it('I11 leaves nothing behind that would outlive it', async () => {
      const { error } = failureOf(await arena.run('detaches', mark, within(10_000)), 'ERR_HANDLER_FAILED');
      expect(error?.code).toBe('ERR_ACCESS_DENIED');
      expect(processesWith(mark)).toEqual([]);
    });

    it('I13 runs out of its own descriptors and not of the host’s', async () => {
      const before = readdirSync('/proc/self/fd').length;
      const { count } = dataOf(await arena.run('opens', {}, within(10_000))) as { count: number };
      expect(count).toBeGreaterThan(100);
      expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 20);
    });

    it('I14 opens no sockets', async () => {
      const { error } = failureOf(await arena.run('listens', {}, within(10_000)), 'ERR_HANDLER_FAILED');
      expect([error?.code, error?.message].join(' ')).toMatch(/ERR_ACCESS_DENIED|denied|refused|not allowed/u);
    });

    it.each([
      ['I17', { stdout: true }],
      ['I19', { stderr: true }],
      ['I19', { stdout: true, stderr: true }],
    ])('%s drains what it writes without end, and keeps a little of it: %j', async (_, streams) => {
      let kept = 0;
      let grown = 0;
      const flood = async (): Promise<void> => {
        const { grownMib } = await strainOf(async () => {
          const bout = await arena.run('floods', streams, within(LIMIT));
          failureOf(bout, 'ERR_TIMEOUT');
          kept = bout.result.logs.reduce((sum, { text }) => sum + text.length, 0);
        });
        grown = grownMib;
      };
      expect(await leastLag(flood, 20)).toBeLessThan(20);
      expect(kept).toBeLessThan(66 * KIB);
      expect(kept).toBeGreaterThan(0);
      expect(grown).toBeLessThan(100);
    });

    it('I19 drains what all its streams say in turns', async () => {
      const bout = await arena.run('floodsStreams', {}, within(LIMIT));
      failureOf(bout, 'ERR_TIMEOUT');
      expect(bout.result.metrics.outputBytes.used).toBeLessThanOrEqual(64 * KIB);
    });
  });
});

/** Processes whose command line holds the text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/u.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
    } catch {
      // Gone meanwhile.
      return false;
    }
  });
}
