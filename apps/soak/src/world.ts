import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createAnalytics,
  createMemoryArtifactStore,
  createRuntime,
  forkSandbox,
  inProcessSandbox,
} from '@kb-labs/plugin-runtime';
import type {
  AnalyticsSink,
  ArtifactStore,
  ExecuteResult,
  PluginContextOptions,
  QuotaSpec,
  Runtime,
  RuntimeOptions,
  SandboxAdapter,
} from '@kb-labs/plugin-runtime';
import { quickjsSandbox } from '@kb-labs/sandbox-quickjs';
import { workerSandbox } from '@kb-labs/sandbox-worker';

export type PlaceName = 'fork' | 'in-process' | 'worker' | 'quickjs' | 'broken store';

/** One run, as the workload asks for it. */
interface Ask {
  readonly handler: string;
  readonly input: unknown;
  readonly quotas?: QuotaSpec;
  readonly signal?: AbortSignal;
  /** Default: the plugin that all runs share. */
  readonly pluginRoot?: string;
}

/** All that the runs share: a runtime for each place, a server, folders. Everything goes when it is disposed. */
export interface World extends AsyncDisposable {
  readonly url: string;
  /** Folders in which nothing may remain between runs. */
  readonly swept: readonly string[];
  run(place: PlaceName, ask: Ask): Promise<ExecuteResult>;
  /** A copy of the plugin in a folder of its own, by which its processes can be told from all others. */
  copyPlugin(name: string): Promise<string>;
}

/** One of so many batches, and of so many events, meets a sink and an observer that throw. */
const BROKEN_EVERY = 20;

const PLUGIN = fileURLToPath(new URL('../plugin', import.meta.url));

const GRANT = {
  capabilities: [
    'fs.read',
    'fs.write',
    'net.fetch',
    'artifacts.read',
    'artifacts.write',
    'events.publish',
    'events.subscribe',
    'analytics.track',
  ],
  permissions: {
    fs: { mode: 'readWrite', allow: ['out'] },
    artifacts: { read: [{ from: 'self', paths: ['**'] }], write: [{ paths: ['**'] }] },
    events: { produce: ['soak.**'], consume: ['soak.**'] },
  },
} as const satisfies PluginContextOptions;

/** Opens the world of one soak. Whatever a place confines is enough: what is soaked is whether it lasts. */
export async function openWorld(options: { readonly maxConcurrency: number }): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-soak-')));
  const [root, plugins] = [join(folder, 'root'), join(folder, 'plugins')];
  await Promise.all([mkdir(join(root, 'out'), { recursive: true }), mkdir(plugins)]);
  const server = await listen();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const analytics = createAnalytics({ sinks: [brokenSink()] });
  const runtimes = openRuntimes({ ...options, analytics });
  const net = { allow: [url.replace(/\/$/u, '')] };
  return {
    url,
    swept: [join(root, 'out'), plugins],
    async run(place, { handler, input, quotas = {}, signal, pluginRoot = PLUGIN }) {
      const runtime = runtimes.get(place);
      if (runtime === undefined) throw new Error(`there is no place ${place}`);
      const permissions = { ...GRANT.permissions, net, quotas };
      const context = runtime.createContext({ ...GRANT, permissions, root, pluginRoot });
      const request = { handler: `./handlers.js#${handler}`, input };
      return runtime.execute(signal === undefined ? request : { ...request, signal }, context);
    },
    async copyPlugin(name) {
      await cp(PLUGIN, join(plugins, name), { recursive: true });
      return join(plugins, name);
    },
    async [Symbol.asyncDispose]() {
      for (const runtime of runtimes.values()) await runtime[Symbol.asyncDispose]();
      await analytics[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function openRuntimes(options: RuntimeOptions): ReadonlyMap<PlaceName, Runtime> {
  const store = createMemoryArtifactStore();
  const open = (sandbox: SandboxAdapter, artifactStore: ArtifactStore): Runtime =>
    createRuntime({
      sandbox,
      artifactStore,
      observers: [brokenObserver()],
      requiredConfinement: 'none',
      // Plugins crash here on purpose, more often than any host would stand.
      crashLoop: false,
      graceMs: 100,
      logLevel: 'silent',
      ...options,
    });
  return new Map<PlaceName, Runtime>([
    ['fork', open(forkSandbox(), store)],
    ['in-process', open(inProcessSandbox(), store)],
    ['worker', open(workerSandbox(), store)],
    ['quickjs', open(quickjsSandbox(), store)],
    ['broken store', open(inProcessSandbox(), brokenStore(store))],
  ]);
}

async function listen(): Promise<Server> {
  const server = createServer((_, response) => response.end('hello from the loopback'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function brokenObserver(): { observe(): void } {
  let events = 0;
  return {
    observe() {
      events += 1;
      if (events % BROKEN_EVERY === 0) throw new Error('an observer that is broken now and then');
    },
  };
}

function brokenSink(): AnalyticsSink {
  let batches = 0;
  return {
    name: 'broken',
    async write() {
      batches += 1;
      if (batches % BROKEN_EVERY === 0) throw new Error('a sink that is broken now and then');
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function brokenStore(store: ArtifactStore): ArtifactStore {
  const put = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO', syscall: 'write' }));
  return {
    put,
    get: (key, signal) => store.get(key, signal),
    stat: (key) => store.stat(key),
    list: (pluginId) => store.list(pluginId),
    delete: (key, options) => store.delete(key, options),
  };
}
