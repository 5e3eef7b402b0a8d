import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { forkSandbox } from '@kb-labs/plugin-runtime';
import { openScene, places, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

// Counted here are the processes of runs.
const forks = places
  .filter(({ name }) => name.startsWith('fork'))
  .map((place) => ({
    ...place,
    create: () => forkSandbox({ wall: place.name === 'fork' ? 'off' : 'required', spares: 0 }),
  }));

describe.each(forks)('$name', ({ name, create, works, notRun }) => {
  describe.skipIf(!works || process.platform !== 'linux')(`a run${notRun}`, () => {
    it('that clings to life is gone after its timeout, with everything that it started', async () => {
      await using scene = await openScene(create());
      const folder = await ownCopy(scene);
      const result = await scene.runtime.execute('./handlers.js#clings', {}, grant(scene, folder, { timeoutMs: 300 }));
      await untilNothingIsLeft(folder);
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT', details: { limitMs: 300 } } });
      // The limit, two graces of 100 ms and 50 ms, and what a machine needs that has other work.
      expect(result.metrics.wallMs.used).toBeLessThan(300 + 150 + 5_000);
    });

    it('that clings to life is gone after an abort', async () => {
      await using scene = await openScene(create());
      const folder = await ownCopy(scene);
      const controller = new AbortController();
      const request = { handler: './handlers.js#clings', input: {}, signal: controller.signal };
      const running = scene.runtime.execute(request, grant(scene, folder));
      await vi.waitFor(() => expect(processesOf(folder)).not.toEqual([]), { timeout: 5_000, interval: 5 });
      controller.abort(new Error('not needed any more'));
      const result = await running;
      await untilNothingIsLeft(folder);
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'ERR_ABORTED', message: expect.stringContaining('not needed any more') },
      });
    });

    it('ends with its runtime', async () => {
      const scene = await openScene(create());
      const folder = await ownCopy(scene);
      const running = scene.runtime.execute('./handlers.js#spin', {}, grant(scene, folder));
      await vi.waitFor(() => expect(processesOf(folder)).not.toEqual([]), { timeout: 5_000, interval: 5 });
      await scene[Symbol.asyncDispose]();
      await untilNothingIsLeft(folder);
      expect(await running).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    });

    it('waits for a slot no longer than its queue timeout', async () => {
      await using scene = await openScene(create(), { maxConcurrency: 1 });
      const folder = await ownCopy(scene);
      const controller = new AbortController();
      const request = { handler: './handlers.js#spin', input: {}, signal: controller.signal };
      const first = scene.runtime.execute(request, grant(scene, folder));
      await vi.waitFor(() => expect(processesOf(folder)).not.toEqual([]), { timeout: 5_000, interval: 5 });
      const second = await scene.runtime.execute('./handlers.js#pid', {}, grant(scene, folder, { queueTimeoutMs: 50 }));
      expect(second).toMatchObject({
        ok: false,
        error: { code: 'ERR_QUEUE_TIMEOUT', stage: 'queue', http: 503, retryable: true },
        confinement: undefined,
      });
      controller.abort();
      expect(await first).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    });

    it('that is not ready in time says so, and leaves nothing', async () => {
      await using scene = await openScene(create());
      const folder = await ownCopy(scene);
      const result = await scene.runtime.execute('./handlers.js#pid', {}, grant(scene, folder, { startTimeoutMs: 1 }));
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'ERR_START_TIMEOUT', stage: 'sandbox', details: { limitMs: 1 } },
      });
      await untilNothingIsLeft(folder);
    });

    it('dies with a host that is killed', async () => {
      await using scene = await openScene(create());
      const folder = await ownCopy(scene);
      const host = spawn(process.execPath, ['--input-type=module', '-e', hostScript(folder, name)], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const exited = new Promise((resolve) => host.once('exit', resolve));
      await vi.waitFor(() => expect(spinning(folder)).toBe(true), { timeout: 10_000, interval: 5 });
      host.kill('SIGKILL');
      await exited;
      await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 10_000, interval: 5 });
    });

    it('leaves the host as it was: no descriptor, listener or process more', async () => {
      await using scene = await openScene(create());
      const folder = await ownCopy(scene);
      const { exit, usr1 } = census();
      const runAll = async (): Promise<void> => {
        for (const handler of ['pid', 'garbage', 'spin', 'escapes']) {
          await scene.runtime.execute(
            `./handlers.js#${handler}`,
            { port: 1, secret: 'x', root: 'x', mark: 'x', canary: 'x' },
            grant(scene, folder, { timeoutMs: 300 }),
          );
        }
      };
      await runAll();
      await untilNothingIsLeft(folder);
      // A run is over when nothing of its guest runs; what the kernel has still to clear away is waited for here.
      await vi.waitFor(() => expect(census()).toMatchObject({ exit, usr1, children: 0 }), {
        timeout: 10_000,
        interval: 10,
      });
      const before = census();
      for (let round = 0; round < 5; round += 1) await runAll();
      await vi.waitFor(() => expect(census()).toEqual(before), { timeout: 10_000, interval: 10 });
      await untilNothingIsLeft(folder);
    });
  });
});

/** Nothing of it runs any more: what the kernel has still to clear away takes a moment. */
async function untilNothingIsLeft(folder: string): Promise<void> {
  await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 5_000, interval: 1 });
}

/** A copy of the hostile plugin in the scene's own folder, so that its processes can be told from those of other tests. */
async function ownCopy(scene: Scene): Promise<string> {
  const folder = join(scene.root, 'plugin-of-this-test');
  await cp(pluginFolder('hostile'), folder, { recursive: true });
  return folder;
}

function grant(scene: Scene, pluginRoot: string, quotas: Record<string, number> = {}): ReturnType<Scene['grant']> {
  return scene.grant({ pluginRoot, permissions: { quotas } });
}

/** Numbers of the processes that have this folder in their command line, the way `ps` would find them. */
function processesOf(folder: string): number[] {
  return globSync('/proc/[0-9]*/cmdline')
    .filter((path) => !path.startsWith(`/proc/${process.pid}/`) && readQuietly(path).includes(`=${folder}`))
    .map((path) => Number(path.split('/')[2]));
}

/** Whether one of them has used CPU time beyond its start: the handler is running. */
function spinning(folder: string): boolean {
  return processesOf(folder).some((pid) => {
    const fields = readQuietly(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) > 20;
  });
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended between the listing and the look.
    return '';
  }
}

function census(): Record<string, number> {
  return {
    descriptors: globSync('/proc/self/fd/*').length,
    exit: process.listenerCount('exit'),
    usr1: process.listenerCount('SIGUSR1'),
    children: readQuietly(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean).length,
  };
}

function hostScript(pluginRoot: string, name: string): string {
  const wall = name === 'fork' ? 'off' : 'required';
  return `
    import { createPluginContext, execute, forkSandbox } from '@kb-labs/plugin-runtime';
    const sandbox = forkSandbox({ wall: '${wall}' });
    const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: ${JSON.stringify(pluginRoot)}, sandbox });
    await execute('./handlers.js#spin', {}, context);`;
}
