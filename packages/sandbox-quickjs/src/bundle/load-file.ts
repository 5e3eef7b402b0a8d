import { constants, open, readlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Loader, OnLoadResult } from 'esbuild';
import type { BundleFailure } from './bundle-words.js';
import { isInside, nameOf, realPlace } from './plugin-paths.js';

/** What a plugin may consist of, in bytes. */
export interface Budget {
  readonly limit: number;
  spent: number;
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.json': 'json',
};
/** What a file counts for beside its size: without it, empty files would be without number. */
const FILE_BYTES = 512;

/** Whether the name of a file is one of a source. */
export function isSource(path: string): boolean {
  return LOADERS[extname(path)] !== undefined;
}

/**
 * For a name that is made while the plugin runs, such as import(`../${name}.json`), esbuild takes every file that fits, and asks nobody: what none of
 * the plugin's sources is, fails once it is asked for.
 */
export async function loadFile(path: string, root: string, budget: Budget): Promise<OnLoadResult> {
  const real = await realPlace(path);
  const loader = LOADERS[extname(real ?? path)];
  if (real === undefined || !isInside(real, root) || loader === undefined)
    return spend(budget, FILE_BYTES) ?? throwing('the module leads out of the plugin, or is no source');
  await using file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  const facts = await file?.stat();
  // Opened where it was found, and still the same place: no folder on the way has become a link.
  if (file === undefined || facts?.isFile() !== true || (await placeOf(file, real)) !== real)
    return fail('missing', `${nameOf(real, root)} is no file that can be read`);
  const excess = spend(budget, facts.size + FILE_BYTES);
  if (excess !== undefined) return excess;
  const buffer = Buffer.alloc(facts.size);
  const { bytesRead } = await file.read(buffer, 0, facts.size, 0);
  const contents = buffer.subarray(0, bytesRead);
  return { contents: loader === 'json' ? contents : withoutMap(contents), loader };
}

/** The source of a module that is not there. */
export function throwing(message: string): OnLoadResult {
  return { contents: `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'ERR_MODULE_NOT_FOUND' });` };
}

/** Where an open file lies: Linux knows, elsewhere its path is looked at once more. */
async function placeOf({ fd }: FileHandle, path: string): Promise<string | undefined> {
  return await readlink(`/proc/self/fd/${fd}`).catch(() => realPlace(path));
}

/** The last such comment counts, and this one holds a map of nothing. */
const NO_MAP = Buffer.from('\n//# sourceMappingURL=data:,{}');

/**
 * esbuild takes any map that a source holds, with whatever names and sizes are in it, and opens any file that a source names as its map, wherever
 * that lies; it asks no plugin for either.
 */
function withoutMap(source: Buffer): Buffer {
  return Buffer.concat([source, NO_MAP]);
}

function spend(budget: Budget, bytes: number): OnLoadResult | undefined {
  budget.spent += bytes;
  if (budget.spent <= budget.limit) return undefined;
  return fail(
    'too-large',
    `the handler and all that it imports have ${budget.spent} bytes or more, of ${budget.limit} (maxSourceBytes)`,
  );
}

function fail(kind: BundleFailure['kind'], text: string): OnLoadResult {
  return { errors: [{ text, detail: kind }] };
}
