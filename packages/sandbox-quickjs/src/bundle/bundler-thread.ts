import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { context, initialize } from 'esbuild';
import type { BuildContext, BuildOptions, Message, OutputFile } from 'esbuild';
import type { BundleFailure, BundleReply, BundleRequest } from './bundle-words.js';
import { watchEsbuild } from './esbuild-process.js';
import { pluginFiles } from './plugin-files.js';

/** Reading a map takes the host's own time: some 12 ms for each of these, and 20 times its size. Stacks in larger bundles name places in the bundle. */
const MAX_MAP_BYTES = 262_144;

/** In ASCII, two bytes of Cyrillic are six. */
const MAX_GROWTH = 3;
/** What esbuild adds by itself, such as its helpers for CommonJS. */
const OWN_BYTES = 65_536;

type Task = Extract<BundleRequest, { kind: 'bundle' }>;

if (parentPort !== null) main(parentPort);

/** esbuild has one process for each realm that loads it: here one for this thread, which goes with it. */
function main(port: MessagePort): void {
  const running = new Map<number, BuildContext>();
  const service = watchEsbuild();
  const answer = (reply: BundleReply): void => port.postMessage(reply);
  port.on('message', (request: BundleRequest) => {
    switch (request.kind) {
      case 'warm-up':
        void initialize({});
        break;
      case 'cancel':
        void running.get(request.id)?.cancel();
        break;
      case 'bundle':
        void bundle(request, running).then(answer);
        break;
      case 'end':
        void service.end().then(() => process.exit());
        break;
      default:
        request satisfies never;
    }
  });
}

async function bundle(task: Task, running: Map<number, BuildContext>): Promise<BundleReply> {
  const { id } = task;
  let building: BuildContext | undefined;
  try {
    building = await context(optionsFor(task));
    running.set(id, building);
    const { outputFiles = [] } = await building.rebuild();
    const map = outputFiles.find(({ path }) => path.endsWith('.map'));
    const code = outputFiles.find(({ path }) => !path.endsWith('.map'));
    const excess = excessOf(code, task.maxSourceBytes);
    if (excess !== undefined) return { id, ok: false, ...excess };
    return { id, ok: true, source: code?.text ?? '', map: withinLimit(map) };
  } catch (error) {
    return { id, ok: false, ...describe(error) };
  } finally {
    running.delete(id);
    // Of a process that is gone nothing is left to dispose.
    void building?.dispose().catch(() => undefined);
  }
}

/** A bundle may be far larger than its sources: a long name behind a short one is written out wherever it is used. */
function excessOf(code: OutputFile | undefined, maxSourceBytes: number): BundleFailure | undefined {
  const bytes = code?.contents.byteLength ?? 0;
  const limit = maxSourceBytes * MAX_GROWTH + OWN_BYTES;
  if (bytes <= limit) return undefined;
  const message = `the handler and all that it imports make a bundle of ${bytes} bytes, of ${limit} (from maxSourceBytes)`;
  return { kind: 'too-large', message, at: undefined };
}

/** Its text is decoded when it is asked for. */
function withinLimit(map: OutputFile | undefined): string {
  return map === undefined || map.contents.byteLength > MAX_MAP_BYTES ? '' : map.text;
}

function optionsFor({ root, files, maxSourceBytes }: Task): BuildOptions {
  const named = Object.entries(files);
  const contents = [
    ...named.map(([, file], index) => `import * as m${index} from ${JSON.stringify(file)};`),
    `export { ${named.map(([name], index) => `m${index} as ${JSON.stringify(name)}`).join(', ')} };`,
  ].join('\n');
  return {
    stdin: { contents, resolveDir: root, loader: 'js' },
    plugins: [pluginFiles({ root, entries: new Set(Object.values(files)), maxSourceBytes })],
    bundle: true,
    write: false,
    outfile: `${root}/bundle.js`,
    absWorkingDir: root,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    mainFields: ['module', 'main'],
    resolveExtensions: ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json'],
    // No file from around the plugin says how it is compiled.
    tsconfigRaw: {},
    sourcemap: 'external',
    sourcesContent: false,
    // Indentation would grow with the square of what is nested, and columns are the same in ASCII, whoever counts them.
    minifyWhitespace: true,
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
    logLimit: 1,
  };
}

/** What our own part of esbuild says about an import. */
const TOLD = ['missing', 'package', 'node', 'too-large'] as const satisfies readonly BundleFailure['kind'][];

function describe(error: unknown): BundleFailure {
  const errors: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errors') : undefined;
  // esbuild's own list; without one, its process has ended.
  const [first] = Array.isArray(errors) ? (errors as Message[]) : [];
  if (first === undefined)
    return { kind: 'stopped', message: error instanceof Error ? error.message : '', at: undefined };
  const { text, detail, location } = first;
  const at = location === null ? undefined : `./${location.file}:${location.line}:${location.column + 1}`;
  return {
    kind: TOLD.find((kind) => kind === detail) ?? 'syntax',
    message: text.slice(0, 2_048),
    at,
  };
}
