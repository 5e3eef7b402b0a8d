import { constants, open, realpath } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { extname, isAbsolute, relative, sep } from 'node:path';
import type { ImportKind, Loader, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import type { BundleFailure } from './bundle-words.js';

/** The folder, what of it may be loaded from outside, and how much in all. */
export interface PluginFilesOptions {
  readonly root: string;
  /** Real paths that the entry itself imports. */
  readonly entries: ReadonlySet<string>;
  readonly maxSourceBytes: number;
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
const BUILTINS: ReadonlySet<string> = new Set(builtinModules);
const NO_NODE = 'this sandbox has no Node API: use ctx, or the fork sandbox';
/** Marks the calls by which this resolver asks esbuild's own. */
const ASKED = { asked: true };
/** What imports these may catch that there is no such module. */
const LATE_KINDS: ReadonlySet<ImportKind> = new Set<ImportKind>(['dynamic-import', 'require-call', 'require-resolve']);
const ABSENT = 'absent';
/** What a file counts for beside its size: without it, empty files would be without number. */
const FILE_BYTES = 512;

/** Lets esbuild see the plugin's real files and nothing else: no links out, no absolute paths, no URLs, no packages from above. */
export function pluginFiles(options: PluginFilesOptions): Plugin {
  const budget = { left: options.maxSourceBytes };
  return {
    name: 'plugin-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, args, options));
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => loadFile(path, options.root, budget));
      build.onLoad({ filter: /.*/, namespace: ABSENT }, ({ pluginData }) => throwing(String(pluginData)));
    },
  };
}

async function resolveImport(
  build: PluginBuild,
  args: OnResolveArgs,
  { root, entries }: PluginFilesOptions,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === ASKED) return undefined;
  if (args.importer === '<stdin>' && entries.has(args.path)) return { path: args.path, namespace: 'file' };
  const refusal = refusalOf(args.path);
  if (refusal !== undefined) return refuse(args, refusal);
  const { path: specifier, kind, resolveDir, importer } = args;
  const found = await build.resolve(specifier, { kind, resolveDir, importer, pluginData: ASKED });
  if (found.errors.length > 0 || found.external || found.namespace !== 'file')
    return refuse(args, `${JSON.stringify(specifier)} is not in the plugin`);
  const real = await realpath(found.path);
  if (!isInside(real, root)) return refuse(args, `${JSON.stringify(specifier)} leads out of the plugin`);
  return { path: real, namespace: 'file', sideEffects: found.sideEffects };
}

function refusalOf(specifier: string): string | undefined {
  const [name = ''] = specifier.split('/');
  if (specifier.startsWith('node:') || BUILTINS.has(specifier) || BUILTINS.has(name))
    return `${JSON.stringify(specifier)} is not there: ${NO_NODE}`;
  if (/^[a-z][a-z\d+.-]*:/i.test(specifier))
    return `${JSON.stringify(specifier)} is a URL: only files of the plugin are loaded`;
  if (isAbsolute(specifier))
    return `${JSON.stringify(specifier)} is an absolute path: only files of the plugin are loaded`;
  return undefined;
}

/** A module that is asked for while the plugin runs may be missing; one that it needs to be a module at all may not. */
function refuse({ kind, path }: OnResolveArgs, message: string): OnResolveResult {
  if (LATE_KINDS.has(kind)) return { path, namespace: ABSENT, pluginData: message };
  return { errors: [{ text: message, detail: 'missing' satisfies BundleFailure['kind'] }] };
}

/** The source of a module that is not there. */
function throwing(message: string): OnLoadResult {
  return { contents: `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'ERR_MODULE_NOT_FOUND' });` };
}

async function loadFile(path: string, root: string, budget: { left: number }): Promise<OnLoadResult> {
  // For a name that is made while the plugin runs, such as import(`../${name}.json`), esbuild takes every file that fits, and asks nobody.
  if (!isInside(path, root)) return spend(budget, FILE_BYTES) ?? throwing('the module leads out of the plugin');
  const loader = LOADERS[extname(path)];
  if (loader === undefined) return fail('missing', `${nameOf(path, root)} is no source that can be loaded here`);
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = await file.stat();
  // Opened where it was found, and still the same place: no folder on the way has become a link.
  if (!stat.isFile() || (await realpath(path)) !== path) return fail('missing', `${nameOf(path, root)} is no file`);
  const excess = spend(budget, stat.size + FILE_BYTES);
  if (excess !== undefined) return excess;
  const buffer = Buffer.alloc(stat.size);
  const { bytesRead } = await file.read(buffer, 0, stat.size, 0);
  const contents = buffer.subarray(0, bytesRead);
  return { contents: loader === 'json' ? contents : withoutMap(contents), loader };
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

function spend(budget: { left: number }, bytes: number): OnLoadResult | undefined {
  budget.left -= bytes;
  if (budget.left >= 0) return undefined;
  return fail('too-large', 'the handler and all that it imports are larger than maxSourceBytes');
}

function fail(kind: BundleFailure['kind'], text: string): OnLoadResult {
  return { errors: [{ text, detail: kind }] };
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function nameOf(path: string, root: string): string {
  return `./${relative(root, path)}`;
}
