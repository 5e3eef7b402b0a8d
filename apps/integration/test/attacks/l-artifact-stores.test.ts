import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createMemoryArtifactStore } from '@kb-labs/artifacts';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { inProcessSandbox } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, openScene } from '../scene.js';
import { dataOf, failureOf, openArena, pluginFile } from './arena.js';

const permissions = { artifacts: { read: [{ from: 'self', paths: ['**'] }], write: [{ paths: ['**'] }] } } as const;

function grantOf(more: Partial<PluginContextOptions> = {}): Partial<PluginContextOptions> {
  return { plugin: { id: 'attack-l', version: '1.0.0' }, capabilities: ['artifacts.*'], permissions, ...more };
}

function quotas(limits: Record<string, number>): Partial<PluginContextOptions> {
  return { permissions: { ...permissions, quotas: limits } };
}

/** Every file below a folder, relative to it; none where there is no such folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

/** What a store keeps of work that is under way, and where artifacts of this plugin end up. */
async function stateOf(root: string): Promise<{ readonly temporary: number; readonly stored: readonly string[] }> {
  const store = join(root, '.kb/artifacts');
  const own = join(store, 'attack-l');
  const stored = (await filesBelow(own)).map((path) => path.slice(own.length + 1));
  return { temporary: (await filesBelow(join(store, '.tmp'))).length, stored: stored.toSorted() };
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`artifacts and what goes wrong${place.notRun}`, () => {
    const arena = openArena(place, 'l');

    it('L07 leaves nothing of an artifact whose writer is killed in the middle', async () => {
      const bout = await arena.run('writesForEver', 'half/way.bin', grantOf(quotas({ timeoutMs: 600 })));
      failureOf(bout, 'ERR_TIMEOUT');
      expect(bout.result.artifacts).toEqual([]);
      expect(await stateOf(arena.scene().root)).toEqual({ temporary: 0, stored: [] });
    });

    it('L08 ends what is too large, whole or piece by piece, and leaves nothing of it', async () => {
      const tooLarge = 'ERR_ARTIFACT_TOO_LARGE';
      expect(dataOf(await arena.run('writesTooMuch', {}, grantOf()))).toEqual({
        whole: tooLarge,
        piecewise: tooLarge,
        fits: 100,
        left: ['fits.txt'],
      });
      expect((await stateOf(arena.scene().root)).temporary).toBe(0);
    });

    it('L08 counts artifacts and their bytes, one by one and all at once', async () => {
      const artifactStore = createMemoryArtifactStore();
      const few = { ...grantOf(quotas({ maxArtifacts: 5 })), artifactStore };
      const end = { count: 5, outcome: 'ERR_QUOTA_EXCEEDED' };
      expect(dataOf(await arena.run('fills', { bytes: 1, most: 100_000 }, few))).toEqual(end);
      const small = { ...grantOf(quotas({ maxArtifactBytes: 5_500 })), artifactStore };
      expect(dataOf(await arena.run('fills', { bytes: 1_000, most: 100_000 }, small))).toEqual(end);
      const codes = dataOf(await arena.run('fillsAtOnce', { bytes: 1_000, most: 40 }, small));
      expect(codes).toEqual(Array<string>(35).fill('ERR_QUOTA_EXCEEDED'));
    });

    it('L10 follows no link: not for the store, not for a folder in it, not at the final name', async () => {
      const { root, secret } = arena.scene();
      const outside = join(dirname(secret), 'outside');
      await mkdir(outside, { recursive: true });
      const denied = 'ERR_PERMISSION_DENIED';
      // Each as a hostile checkout would bring it along, and what comes of a write and of a read.
      const links = [
        { link: '.kb', path: 'x.txt', expected: [[denied, denied]] },
        { link: '.kb/artifacts', path: 'x.txt', expected: [[denied, denied]] },
        { link: '.kb/artifacts/attack-l', path: 'x.txt', expected: [[denied, denied]] },
        { link: '.kb/artifacts/attack-l/sub', path: 'sub/x.txt', expected: [[denied, denied]] },
        { link: '.kb/artifacts/.tmp', path: 'x.txt', expected: [[denied, denied]] },
        // There is nothing under that name, so nobody needs to ask what it is.
        { link: '.kb/artifacts/.meta', path: 'x.txt', expected: [[denied, 'ERR_ARTIFACT_NOT_FOUND']] },
      ];
      for (const [place, { link, path, expected }] of links.entries()) {
        const home = join(root, `checkout-${place}`);
        await mkdir(dirname(join(home, link)), { recursive: true });
        await symlink(outside, join(home, link));
        const { result } = await arena.run('writesAndReads', [path], grantOf({ root: home }));
        expect([link, result.ok ? result.data : result.error.code]).toEqual([link, expected]);
      }
      expect(await filesBelow(outside)).toEqual([]);
    });

    it('L10 reads nothing through a link at the final name, and writes over the link, not over its target', async () => {
      const { root, secret } = arena.scene();
      const home = join(root, 'checkout-final');
      const own = join(home, '.kb/artifacts/attack-l');
      await mkdir(own, { recursive: true });
      await symlink(secret, join(own, 'link.txt'));
      const before = dataOf(await arena.run('lists', [{}], grantOf({ root: home })));
      expect(before).toEqual([[]]);
      const address = ['link.txt'];
      const seen = Object(dataOf(await arena.run('looksAt', address, grantOf({ root: home }))));
      const denied = ['ERR_PERMISSION_DENIED'];
      expect(seen).toMatchObject({ read: denied, readStream: denied, stat: denied, wait: denied, copy: denied });
      expect(await readFile(secret, 'utf8')).toBe('the secret');
      const mine = dataOf(await arena.run('writesAndReads', address, grantOf({ root: home })));
      expect([mine, await readFile(secret, 'utf8')]).toEqual([[['written', 'mine']], 'the secret']);
    });

    it('L11 gives up a body that fails, is none or never ends, and keeps nothing of it', async () => {
      const { failing, wrong, none, stuck, left } = Object(dataOf(await arena.run('streams', {}, grantOf())));
      // A handler's own source fails with its own error: it is thrown in the handler, before the host hears of it.
      expect([failing, wrong, none]).toEqual(['E_SOURCE', 'ERR_INVALID_ARGUMENT', 'ERR_INVALID_ARGUMENT']);
      expect(['E_GIVEN_UP', 'ERR_ABORTED']).toContain(stuck);
      expect(left).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(?:failing|wrong|stuck|none)/u)]));
      expect((await stateOf(arena.scene().root)).temporary).toBe(0);
    });

    it('L13 tells a store that is full or cannot be written, and gives back what that had reserved', async () => {
      const artifactStore = createMemoryArtifactStore({ maxBytes: 2_500 });
      const full = grantOf({ ...quotas({ maxArtifacts: 4 }), artifactStore });
      // The third does not fit; that it was not charged shows in the one that is left of four.
      expect(dataOf(await arena.run('fills', { bytes: 1_000, most: 9 }, full))).toEqual({
        count: 2,
        outcome: 'ERR_IO_FAILED',
      });
      const small = dataOf(await arena.run('fillsTwice', {}, full));
      expect(small).toEqual([
        'ERR_IO_FAILED',
        'ERR_IO_FAILED',
        'ERR_IO_FAILED',
        'ok',
        'ok',
        'ok',
        'ok',
        'ERR_QUOTA_EXCEEDED',
      ]);
    });

    it('L14 denies the artifacts of another plugin, whether they are there or not, by any address', async () => {
      const artifactStore = createMemoryArtifactStore();
      const there = { contentType: 'text/plain', maxBytes: 100, signal: new AbortController().signal };
      await artifactStore.put({ pluginId: 'victim', path: 'keys.txt' }, Buffer.from('a secret'), there);
      const addresses = [
        'artifact://victim/keys.txt',
        'artifact://victim/nothing-here.txt',
        'artifact://Victim/keys.txt',
        'artifact://self/../victim/keys.txt',
        'artifact://self/%2e%2e/victim/keys.txt',
        'artifact://self%2f..%2fvictim/keys.txt',
        'artifact://attack-l@victim/keys.txt',
        'artifact://victim:80/keys.txt',
        '../victim/keys.txt',
        '/victim/keys.txt',
      ];
      const codes = ['ERR_PERMISSION_DENIED', 'ERR_ARTIFACT_PATH_INVALID', 'ERR_INVALID_ARGUMENT'];
      const bout = await arena.run('looksAt', addresses, grantOf({ artifactStore }));
      const outcomes = Object.entries(Object(dataOf(bout)) as Record<string, readonly unknown[]>);
      expect(outcomes).toHaveLength(7);
      for (const [verb, seen] of outcomes) {
        expect([verb, ...seen.slice(0, 2)]).toEqual([verb, 'ERR_PERMISSION_DENIED', 'ERR_PERMISSION_DENIED']);
        for (const code of seen) expect(codes).toContain(code);
      }
      // One record for each call that the rules were asked about.
      expect(bout.denied.filter(({ target }) => target === addresses[0])).toHaveLength(7);
      const queries = [{ from: 'victim' }, { from: '*' }, { from: 'self/../victim' }, { glob: '../victim/**' }];
      for (const outcome of Array.from(Object(dataOf(await arena.run('lists', queries, grantOf({ artifactStore })))))) {
        expect(codes).toContain(outcome);
      }
      expect(await artifactStore.stat({ pluginId: 'victim', path: 'keys.txt' })).toMatchObject({ bytes: 8 });
    });
  });
});

const hostScript = (root: string): string => `
  import { createPluginContext, createRuntime } from '@kb-labs/plugin-runtime';
  const observer = { observe: (event) => void (event.type === 'progress' && console.log(event.message)) };
  const runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none', observers: [observer] });
  const context = createPluginContext({
    capabilities: ['artifacts.*'],
    permissions: ${JSON.stringify(permissions)},
    plugin: { id: 'attack-l', version: '1.0.0' },
    root: ${JSON.stringify(root)},
    pluginRoot: ${JSON.stringify(dirname(pluginFile('l')))},
  });
  const run = async (name, input) => {
    const { ok, data, error } = await runtime.execute('./handlers.js#' + name, input, context);
    console.log(JSON.stringify(ok ? data : error));
  };`;

describe('the file store of a host', () => {
  it('L07 shows nothing of what a host wrote that is killed in the middle, and cleans up after it', async () => {
    await using scene = await openScene(inProcessSandbox());
    const script = `${hostScript(scene.root)} await run('writesForEver', 'half/way.bin');`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => host.once('exit', resolve));
    await new Promise((resolve) => host.stdout.once('data', resolve));
    host.kill('SIGKILL');
    await exited;
    const left = await stateOf(scene.root);
    expect(left.stored).toEqual([]);
    expect(left.temporary).toBeGreaterThan(0);
    const context = scene.grant({ ...grantOf(), pluginRoot: dirname(pluginFile('l')) });
    expect(await scene.runtime.execute('./handlers.js#lists', [{}], context)).toMatchObject({ ok: true, data: [[]] });
    expect(await stateOf(scene.root)).toEqual({ temporary: 0, stored: [] });
  });

  it.runIf(canMount())('L13 says that a disk is full or cannot be written, and keeps what was there', async () => {
    await using scene = await openScene(inProcessSandbox());
    const script = `${hostScript(scene.root)}
      import { execFileSync } from 'node:child_process';
      await run('fills', { bytes: 100_000, most: 20 });
      await run('writesAndReads', ['small.txt']);
      execFileSync('mount', ['-o', 'remount,ro', ${JSON.stringify(scene.root)}]);
      await run('writesAndReads', ['small.txt']);
      const { readdirSync } = await import('node:fs');
      console.log(JSON.stringify(readdirSync(${JSON.stringify(join(scene.root, '.kb/artifacts/.tmp'))})));
      process.exit(0);`;
    const mounted = `mount -t tmpfs -o size=640k tmpfs "$1" && "$2" --input-type=module -e "$3"`;
    const { stdout } = await promisify(execFile)(
      'unshare',
      ['-rm', 'sh', '-c', mounted, 'sh', scene.root, process.execPath, script],
      { cwd: import.meta.dirname },
    );
    const [filled, small, readOnly, left] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(filled).toMatchObject({ outcome: 'ERR_IO_FAILED' });
    expect(Object(filled).count).toBeGreaterThan(2);
    // A write of a few bytes still fits beside those that are whole.
    expect(small).toEqual([['written', 'mine']]);
    expect(readOnly).toEqual([['ERR_IO_FAILED', 'mine']]);
    expect(left).toEqual([]);
  });
});

/** A name space of its own lets a test mount a small disk. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'true']);
    return true;
  } catch {
    // Name spaces are refused here.
    return false;
  }
}
