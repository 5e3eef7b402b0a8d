import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inProcessSandbox } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, places, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

const mark = `kb-labs-hostile-${process.pid}`;
const canary = `canary-${process.pid}-${Date.now()}`;
let server: Server;
let connections = 0;

beforeAll(async () => {
  process.env['KB_TEST_CANARY'] = canary;
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  delete process.env['KB_TEST_CANARY'];
  await new Promise((resolve) => server.close(resolve));
});

describe('without a sandbox', () => {
  it('the same attempts do get somewhere, so that a wall which fails would show', async () => {
    await using scene = await openScene(inProcessSandbox());
    // Replacing the process would end the control itself.
    const aims = { ...aimsOf(scene), root: scene.root, skip: ['replace the process'] };
    const script = `import { escapes } from ${JSON.stringify(join(pluginFolder('hostile'), 'handlers.js'))};
      console.log(JSON.stringify(await escapes(${JSON.stringify(aims)})));
      process.exit(0);`;
    const options = { cwd: scene.root, encoding: 'utf8' as const };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
    const { got } = JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{"tried"')) ?? '{}') as Attempts;
    await removeTraces(scene);
    const names = Object.keys(got);
    expect(names.length).toBeGreaterThan(22);
    expect(names).toEqual(
      expect.arrayContaining([
        'read /etc/passwd',
        'read the secret beside the root',
        'host variables of the parent',
        'connect a socket',
        'connect through import',
        'resolve a name',
        'start a process',
        'start a worker',
        'signal the parent',
        'write beside the plugin',
        'write into /tmp',
        'change v8 flags',
      ]),
    );
  });
});

// A denied-everything handler in a process of its own, with Node's guards alone and with the wall around them.
describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works)(`a hostile handler${notRun}`, () => {
    it('gets nowhere with any of its attempts', async () => {
      connections = 0;
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#escapes', aimsOf(scene), hostile(scene));
      if (!result.ok) throw new Error(result.error.message);
      // A guest may read its own environment, which is empty: what it read is judged, not that it read.
      const harmless = (what: string): boolean => what === '' || /^PWD=[^=]*\0?$/u.test(what);
      const { tried, got } = result.data as Attempts;
      expect(Object.entries(got).filter(([, what]) => !harmless(what))).toEqual([]);
      expect(tried).toBeGreaterThan(30);
      expect(connections).toBe(0);
      expect(JSON.stringify(result)).not.toContain(canary);
      expect(JSON.stringify(result)).not.toContain('the secret');
      expect(traces(scene)).toEqual([]);
    });

    it('cannot bring the host down with garbage on every descriptor', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#garbage', {}, hostile(scene));
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_PROTOCOL', http: 502 } });
      const next = await scene.runtime.execute('./handlers.js#pid', {}, hostile(scene));
      expect(next.ok).toBe(true);
    });

    it.each(['fillHeap', 'fillBuffers', 'fillWasm', 'fillPageTables'])(
      '%s ends at its memory quota, and says so',
      async (attack) => {
        await using scene = await openScene(create());
        const context = hostile(scene, { memoryMb: 64 });
        const result = await scene.runtime.execute(`./handlers.js#${attack}`, {}, context);
        expect(result).toMatchObject({
          ok: false,
          error: {
            code: 'ERR_MEMORY_EXCEEDED',
            http: 507,
            details: { quota: 'memoryMb', used: expect.any(Number), limit: 64 },
          },
          metrics: { peakMemoryBytes: { limit: 64 * 1_048_576 } },
        });
      },
    );

    it('finds nothing of the host behind its standard descriptors', async () => {
      const facts = (): unknown => {
        const { mode, uid, gid, mtimeMs } = statSync('/dev/null');
        return { mode, uid, gid, mtimeMs };
      };
      const before = facts();
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#touchesDescriptors', {}, hostile(scene));
      expect(result.ok).toBe(true);
      expect(facts()).toEqual(before);
    });

    it('that spins ends at its CPU quota', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#spin', {}, hostile(scene, { cpuMs: 200 }));
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'ERR_CPU_EXCEEDED', http: 429, details: { quota: 'cpuMs', limit: 200 } },
      });
    });
  });
});

interface Attempts {
  readonly tried: number;
  readonly got: Readonly<Record<string, string>>;
}

interface Aims {
  readonly secret: string;
  readonly root: string;
  readonly port: number;
  readonly mark: string;
  readonly canary: string;
}

function aimsOf(scene: Scene): Aims {
  const { port } = server.address() as AddressInfo;
  // The guest searches for the end of the canary, so that its own input is not taken for a leak.
  return { secret: scene.secret, root: scene.root, port, mark, canary: canary.slice(7) };
}

function hostile(scene: Scene, quotas: Record<string, number> = {}): ReturnType<Scene['grant']> {
  return scene.grant({ pluginRoot: pluginFolder('hostile'), permissions: { quotas } });
}

/** What an attempt has left on the disk. */
function traces(scene: Scene): string[] {
  const folders = [tmpdir(), '/tmp', '/dev/shm'].filter((folder) => existsSync(folder));
  const marked = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(mark))
      .map((name) => join(folder, name)),
  );
  const written = [
    join(scene.root, 'written-by-guest'),
    join(pluginFolder('hostile'), 'written-by-guest'),
    `${scene.secret}.db`,
  ];
  return [...marked, ...written.filter((path) => existsSync(path))];
}

async function removeTraces(scene: Scene): Promise<void> {
  await Promise.all(traces(scene).map((path) => rm(path, { force: true })));
}
