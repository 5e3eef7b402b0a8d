import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionEvent, SandboxAdapter } from '@kb-labs/contracts';
import { createRuntime, forkSandbox, inProcessSandbox } from '@kb-labs/plugin-runtime';
import type { PluginContextOptions, Runtime, RuntimeOptions } from '@kb-labs/plugin-runtime';
import { quickjsSandbox } from '@kb-labs/sandbox-quickjs';
import { workerSandbox } from '@kb-labs/sandbox-worker';

/** The folder of one of the plugins beside the tests. */
export function pluginFolder(name: string): string {
  return fileURLToPath(new URL(`plugins/${name}`, import.meta.url));
}

/** Whether bubblewrap can build walls here. Where CI says that it must, a test that needs them fails rather than being skipped. */
const hasWall: boolean = process.env['KB_REQUIRE_WALL'] === '1' || wallWorks();

function wallWorks(): boolean {
  try {
    execFileSync('bwrap', ['--unshare-all', '--unshare-user', '--disable-userns', '--ro-bind', '/', '/', '/bin/true']);
    return true;
  } catch {
    // Not installed, or namespaces are refused.
    return false;
  }
}

export interface Place {
  readonly name: string;
  readonly create: () => SandboxAdapter;
  readonly works: boolean;
  /** Empty, or why the tests in this place cannot run here, for the title of what is skipped. */
  readonly notRun: string;
}

/** A few processes are kept: of the eight that a burst of runs would make an adapter start, most would end unused here. */
const maxSpares = 3;

/** Every place that a handler can run in. */
export const places: readonly Place[] = [
  { name: 'in-process', create: () => inProcessSandbox(), works: true, notRun: '' },
  { name: 'worker', create: () => workerSandbox(), works: true, notRun: '' },
  { name: 'fork', create: () => forkSandbox({ wall: 'off', maxSpares }), works: true, notRun: '' },
  {
    name: 'fork with the wall',
    create: () => forkSandbox({ wall: 'required', maxSpares }),
    works: hasWall,
    notRun: hasWall ? '' : ' (not run: bubblewrap does not work here)',
  },
  { name: 'quickjs', create: () => quickjsSandbox(), works: true, notRun: '' },
];

/** The Node that this repository is developed on. On the others, what does not depend on Node is tried in fewer places, to save time. */
const developed = process.versions.node.startsWith('26.');
const strongest = hasWall ? 'fork with the wall' : 'fork';

/** For what the host decides, wherever the handler runs. */
export const hostSidePlaces: readonly Place[] = places.filter(({ name }) => developed || name === strongest);

/** The version between the oldest and the newest: what the kernel keeps there, it keeps on both of them. */
const between = process.versions.node.startsWith('24.');
const onNode: ReadonlySet<string> = new Set(['worker', 'fork', ...(between ? [] : ['fork with the wall'])]);

/** For what a guest does with Node itself. The kit attacks all places on every Node. */
export const nodePlaces: readonly Place[] = places.filter(({ name }) => developed || onNode.has(name));

export interface Scene extends AsyncDisposable {
  readonly runtime: Runtime;
  /** A temporary folder with one file, `data/hello.txt`, and a secret outside of it. */
  readonly root: string;
  readonly secret: string;
  readonly events: ExecutionEvent[];
  readonly grant: (options?: Partial<PluginContextOptions>) => ReturnType<Runtime['createContext']>;
}

/** A runtime on one adapter with a folder of its own; all of it goes when the scene is disposed. */
export async function openScene(sandbox: SandboxAdapter, options: RuntimeOptions = {}): Promise<Scene> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-scene-')));
  const root = join(folder, 'root');
  await mkdir(join(root, 'data'), { recursive: true });
  await writeFile(join(root, 'data/hello.txt'), 'hello');
  await writeFile(join(folder, 'secret.txt'), 'the secret');
  const events: ExecutionEvent[] = [];
  const observer = { observe: (event: ExecutionEvent): void => void events.push(event) };
  const runtime = createRuntime({
    sandbox,
    requiredConfinement: 'none',
    observers: [observer],
    graceMs: 100,
    ...options,
  });
  return {
    runtime,
    root,
    secret: join(folder, 'secret.txt'),
    events,
    grant: (more = {}) =>
      runtime.createContext({ capabilities: [], permissions: {}, root, pluginRoot: pluginFolder('shapes'), ...more }),
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
