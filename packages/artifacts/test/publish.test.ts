import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFileArtifactStore } from '../src/file-store.js';
import { key, putOptions, readAll } from './artifact-fixture.js';
import { filesBelow, temporaryFolder } from './temporary-folder.js';

const writer = fileURLToPath(new URL('crashing-writer.mjs', import.meta.url));
const slowWriter = fileURLToPath(new URL('slow-write.mjs', import.meta.url));
const OLD = 'old'.repeat(100_000);
const NEW = 'NEW'.repeat(100_000);

const KNOWN_OLD = { contentType: 'text/old', version: '1.0.0', expiresAt: 1_000 };
const KNOWN_NEW = { contentType: 'text/new', version: '2.0.0', expiresAt: undefined };

// Windows has no SIGKILL; there, a process that is ended goes the same way.
describe('a writer that is killed before each change to the file system in turn', () => {
  it.each([
    { action: 'replace', before: undefined, after: NEW },
    { action: 'replace', before: OLD, after: NEW },
    { action: 'create', before: undefined, after: NEW },
    // What stands there has expired, which counts as absent.
    { action: 'create', before: OLD, after: NEW },
    { action: 'exchange', before: OLD, after: NEW, lasting: true },
    { action: 'delete', before: OLD, after: undefined },
    { action: 'delete-version', before: OLD, after: undefined },
  ])(
    '$action over $before.length leaves all of it or nothing',
    { timeout: 120_000 },
    async ({ action, before, after, lasting = false }) => {
      const { expiresAt, ...known } = KNOWN_OLD;
      const old = { ...known, expiresAt: lasting ? undefined : expiresAt };
      const seen = new Set<string | undefined>();
      let step = 1;
      for (let killed = true; killed; step += 1) {
        const directory = await temporaryFolder();
        if (before !== undefined) {
          const options = putOptions({ ...known, ...(lasting ? {} : { expiresAt }) });
          await createFileArtifactStore({ directory }).put(key, Buffer.from(before), options);
        }
        killed = await runWriter(directory, action, step);
        const found = await readFile(join(directory, key.pluginId, key.path), 'utf8').catch(() => undefined);
        expect([before, after]).toContain(found);
        const store = createFileArtifactStore({ directory });
        expect(await readAll(store)).toBe(found);
        const info = await store.stat(key);
        const told = expect.objectContaining(found === NEW ? KNOWN_NEW : old);
        expect(info).toEqual(found === undefined ? undefined : told);
        // The first call to the new store swept what the dead writer left: one data file and its metadata are all.
        expect(await filesBelow(directory)).toHaveLength(found === undefined ? 0 : 2);
        // What the dead writer held keeps nobody waiting.
        const absent = info === undefined || info.expiresAt !== undefined;
        const condition = absent ? { ifNoneMatch: '*' as const } : { ifMatch: info.etag };
        await store.put(key, Buffer.from('later'), putOptions(condition));
        expect(await readAll(store)).toBe('later');
        seen.add(found);
      }
      // Kills came on both sides of the one step that publishes.
      expect([seen, step > 8]).toEqual([new Set([before, after]), true]);
    },
  );
});

describe('a writer whose body comes slowly', () => {
  // Others find these folders there, and publish in them meanwhile.
  it.runIf(process.platform === 'linux')('syncs what folders it made before that ends (told by Linux)', async () => {
    const child = spawn(process.execPath, [slowWriter, await temporaryFolder()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[told]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
    expect(JSON.parse(String(told))).toEqual(['', '.meta']);
  });

  it('publishes under the name that there is when it ends', async () => {
    const directory = await temporaryFolder();
    const store = createFileArtifactStore({ directory });
    await store.put(key, Buffer.from('before'), putOptions());
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('aft');
      await rename(join(directory, key.pluginId), join(directory, 'away'));
      yield Buffer.from('er');
    }
    await store.put(key, slow(), putOptions());
    expect(await readAll(store)).toBe('after');
  });
});

async function runWriter(directory: string, action: string, step: number): Promise<boolean> {
  const child = spawn(process.execPath, [writer, directory, action, String(step)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [exitCode, signal]: unknown[] = await once(child, 'exit');
  if (signal === 'SIGKILL') return true;
  expect([exitCode, signal]).toEqual([0, null]);
  return false;
}
