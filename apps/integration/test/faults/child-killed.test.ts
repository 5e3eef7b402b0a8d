import { cp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactInfo, ArtifactStore, ExecutionEvent } from '@kb-labs/contracts';
import {
  createFolderRegistry,
  createJobPresenter,
  createMemoryArtifactStore,
  forkSandbox,
} from '@kb-labs/plugin-runtime';
import type { ExecuteRequest, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, places } from '../scene.js';
import type { Scene } from '../scene.js';
import { killGuests, processesAt } from './guest-processes.js';

const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');
const registry = createFolderRegistry({ folders: [fileURLToPath(new URL('installed', import.meta.url))] });

/** What tells the host that a run is at its point. */
type Sign = (event: ExecutionEvent) => boolean;
const says: Sign = (event) => event.type === 'log' && event.log.text.startsWith('here');
/** By then the host has aborted, as the test does when it hears that. */
const saysLast: Sign = (event) => event.type === 'log' && event.log.text === 'abort me';
const begins =
  (stage: string): Sign =>
  (event) =>
    event.type === 'stage-start' && event.stage === stage;
const ends =
  (name: string): Sign =>
  (event) =>
    event.type === 'host-call' && event.name === name;
const told =
  (type: ExecutionEvent['type']): Sign =>
  (event) =>
    event.type === type;

interface Point {
  readonly handler: string;
  readonly sign: Sign;
  readonly context?: Partial<PluginContextOptions>;
  readonly request?: Partial<ExecuteRequest>;
  readonly manifest?: { readonly input?: string; readonly output?: string };
  /** Default `ERR_SANDBOX_CRASHED`. */
  readonly code?: string;
}

const fs = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read' as const, allow: ['.'] } } };
const artifacts = { capabilities: ['artifacts.write'], permissions: { artifacts: { write: [{ paths: ['**'] }] } } };
/** A schema of the host's, which leaves the guest waiting with nothing to do. */
const slowSchema = {
  '~standard': {
    version: 1 as const,
    vendor: 'by-hand',
    validate: async (value: unknown) => ({ value: await later(value) }),
  },
};
const later = (value: unknown): Promise<unknown> => new Promise((resolve) => setImmediate(resolve, value));

/** What a guest waits for in vain, and who tells that it does. */
const hanging = { url: '', reached: (): void => undefined };
const server = createServer(() => hanging.reached());
const hangingStore: ArtifactStore = Object.assign(createMemoryArtifactStore(), { put: () => hang<ArtifactInfo>() });
const hangingPresenter = { ...createJobPresenter(), confirm: () => hang<boolean>() };

function hang<Value>(): Promise<Value> {
  hanging.reached();
  return new Promise(() => undefined);
}

const never: Sign = () => false;

const points: Readonly<Record<string, Point>> = {
  'it is told to run, and has not loaded': { handler: './points.js#handles', sign: begins('handler') },
  'it is ready and idle': { handler: './points.js#handles', sign: told('confined') },
  "the host's schema looks at the input": {
    handler: './points.js#handles',
    sign: begins('input'),
    request: { inputSchema: slowSchema },
  },
  'its input has been read': { handler: './points.js#handles', sign: told('handler-input') },
  'it loads': { handler: './never-loads.js#handles', sign: says },
  'its input schema runs': { handler: './points.js#handles', sign: says, manifest: { input: './points.js#Stays' } },
  'its handler waits': { handler: './points.js#handles', sign: says },
  'its handler spins': { handler: './points.js#spins', sign: says },
  'it waits for a server': { handler: './points.js#fetches', sign: never, context: { capabilities: ['net.fetch'] } },
  'it waits for an event': {
    handler: './points.js#waitsForEvent',
    sign: ends('events.publish'),
    context: { capabilities: ['events.*'], permissions: { events: { produce: ['**'], consume: ['**'] } } },
  },
  'it waits for a person': {
    handler: './points.js#waitsForAnswer',
    sign: never,
    context: { capabilities: ['presenter.confirm'], presenter: hangingPresenter },
  },
  'its command runs': {
    handler: './points.js#runsCommand',
    sign: told('operation'),
    context: {
      capabilities: ['shell.run', 'fs.read'],
      permissions: {
        ...fs.permissions,
        shell: { allow: [{ command: '/usr/bin/tail', args: ['-f', 'data/hello.txt'] }] },
      },
    },
  },
  'what it invoked runs': {
    handler: './points.js#invokes',
    sign: says,
    context: { capabilities: ['plugin.invoke'], permissions: { invoke: { allow: ['@fault/*'] } }, registry },
  },
  'its artifact is being stored': {
    handler: './points.js#storesArtifact',
    sign: never,
    context: { ...artifacts, artifactStore: hangingStore },
  },
  'it streams an artifact': { handler: './points.js#streamsArtifact', sign: says, context: artifacts },
  'it has sixteen calls open': { handler: './points.js#callsMuch', sign: ends('fs.readFile'), context: fs },
  'a large answer is on its way to it': {
    handler: './points.js#isAnsweredMuch',
    sign: ends('fs.readFile'),
    context: fs,
  },
  'it logs without end': { handler: './points.js#logsMuch', sign: says },
  'its output schema runs': { handler: './points.js#returns', sign: says, manifest: { output: './points.js#Stays' } },
  'it clings to life after an abort': { handler: './points.js#clingsToLife', sign: saysLast, code: 'ERR_ABORTED' },
};

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`a guest that is killed from outside${place.notRun}`, () => {
    let scene: Scene;
    let folder = '';
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      hanging.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      // What is counted here are the guests of runs.
      const wall = place.name === 'fork' ? 'off' : 'required';
      scene = await openScene(forkSandbox({ wall, spares: 0 }));
      folder = join(scene.root, 'plugin-of-this-test');
      await cp(fileURLToPath(new URL('plugin', import.meta.url)), folder, { recursive: true });
      await writeFile(join(scene.root, 'large.bin'), new Uint8Array(4_000_000));
    });
    afterAll(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await scene[Symbol.asyncDispose]();
    });

    const grant = (observe: (event: ExecutionEvent) => void, more: Partial<PluginContextOptions> = {}) =>
      scene.grant({
        pluginRoot: folder,
        observers: [{ observe }],
        permissions: { net: { allow: [hanging.url] } },
        ...more,
      });

    /** Nothing of it runs any more: what the kernel has still to clear away takes a moment. */
    async function untilNothingIsLeft(): Promise<void> {
      await expect.poll(() => processesAt(folder), { timeout: 5_000, interval: 1 }).toEqual([]);
    }

    async function killAt({ handler, sign, context, request, manifest, code }: Point): Promise<unknown> {
      const caller = new AbortController();
      let killed = 0;
      const kill = (): void => {
        hanging.reached = () => undefined;
        killed += killGuests(folder);
      };
      const observe = (event: ExecutionEvent): void => {
        if (event.type === 'log' && event.log.text === 'abort me') caller.abort();
        if (killed === 0 && sign(event)) kill();
      };
      hanging.reached = kill;
      const input = { url: hanging.url };
      const granted = grant(observe, context);
      const running =
        manifest === undefined
          ? scene.runtime.execute({ handler, input, signal: caller.signal, ...request }, granted)
          : scene.runtime.execute('run', input, granted, {
              schema: 'kb.plugin/1',
              id: 'fault-points',
              version: '1.0.0',
              engines: { runtime: '>=0.1.0' },
              handlers: { run: { handler, ...manifest } },
            });
      const result = await running;
      expect(killed).toBe(1);
      expect(result).toMatchObject({ ok: false, error: { code: code ?? 'ERR_SANDBOX_CRASHED', source: 'host' } });
      await untilNothingIsLeft();
      return result;
    }

    it.each(Object.entries(points))('Q01 fails its run at once while %s, and leaves nothing', async (_, point) => {
      const began = performance.now();
      await killAt(point);
      expect(performance.now() - began).toBeLessThan(10_000);
    });

    it('Q01 fails its run while it starts, before it is ready', async () => {
      let killed = 0;
      const observe = (event: ExecutionEvent): void => {
        if (event.type !== 'stage-start' || event.stage !== 'sandbox') return;
        // Spawned in this very turn of the loop, or one of the next.
        const look = (): void => {
          killed = killGuests(folder);
          if (killed === 0) setImmediate(look);
        };
        look();
      };
      const stages: unknown[] = [];
      // Where this process has to wait for a processor, a guest may be ready before it is looked for.
      for (let tried = 0; tried < 5 && stages.at(-1) !== 'sandbox'; tried += 1) {
        killed = 0;
        const result = await scene.runtime.execute('./points.js#handles', {}, grant(observe));
        expect(result).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } });
        expect(killed).toBe(1);
        stages.push(result.ok ? undefined : result.error.stage);
        await untilNothingIsLeft();
      }
      expect(stages).toContain('sandbox');
    });

    it('Q01 has a whole result or none where it is killed while it sends one', async () => {
      const observe = (event: ExecutionEvent): void => void (says(event) && killGuests(folder));
      const result = await scene.runtime.execute('./points.js#returnsMuch', {}, grant(observe));
      const end = result.ok ? result.data : result.error.code;
      expect([new Uint8Array(6_000_000), 'ERR_SANDBOX_CRASHED']).toContainEqual(end);
      await untilNothingIsLeft();
    });

    it('Q01 keeps the result of a guest that is killed while it cleans up', async () => {
      const observe = (event: ExecutionEvent): void => void (event.type === 'log' && killGuests(folder));
      const running = scene.runtime.execute('./points.js#leavesCleanup', {}, grant(observe));
      expect(await running).toMatchObject({ ok: true, data: 'returned' });
    });

    it('J14 has another guest for the next run where one was killed before it was told to run', async () => {
      await killAt({ handler: './points.js#handles', sign: told('confined') });
      const grantAll = grant(() => undefined);
      const result = await scene.runtime.execute('./points.js#returns', 1, grantAll);
      expect(result).toMatchObject({ ok: true, data: 1, metrics: { coldStart: true } });
      expect(scene.runtime.crashLoops.list()).toEqual([]);
    });
  });
});
