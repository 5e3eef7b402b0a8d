import { stat } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import type { ImportKind, OnResolveArgs, OnResolveResult, PluginBuild } from 'esbuild';
import { HINTS } from './bundle-words.js';
import type { Missing } from './bundle-words.js';
import { isSource } from './load-file.js';
import { isInside, nameOf, realPlace } from './plugin-paths.js';

/** The plugin's folder, and what of it the entry itself imports. Both are real paths. */
export interface ResolveOptions {
  readonly root: string;
  readonly entries: ReadonlySet<string>;
}

/** Modules that are not there, and say so once they are asked for. */
export const ABSENT = 'absent';

const BUILTINS: ReadonlySet<string> = new Set(builtinModules);
/** Marks the calls by which this resolver asks esbuild's own. */
const ASKED = { asked: true };
/** What imports these may catch that there is no such module. */
const LATE_KINDS: ReadonlySet<ImportKind> = new Set<ImportKind>(['dynamic-import', 'require-call', 'require-resolve']);
/** Folders that are looked at for one import. */
const MAX_FOLDERS = 256;
/** No path is longer. */
const MAX_SPECIFIER = 4_096;

/** Why an import is refused. */
interface Refusal {
  readonly kind: Missing;
  readonly message: string;
}

/** Finds the file of an import, or says why there is none. */
export async function resolveImport(
  build: PluginBuild,
  args: OnResolveArgs,
  { root, entries }: ResolveOptions,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === ASKED) return undefined;
  if (args.importer === '<stdin>' && entries.has(args.path))
    return isSource(args.path)
      ? { path: args.path, namespace: 'file' }
      : refuse(args, noSource(nameOf(args.path, root)));
  const { path: specifier, kind, resolveDir, importer } = args;
  const refusal = refusalOf(specifier, resolveDir, root) ?? (await blocked(specifier, resolveDir, root));
  if (refusal !== undefined) return refuse(args, refusal);
  const found = await build.resolve(specifier, { kind, resolveDir, importer, pluginData: ASKED });
  const nowhere = found.errors.length > 0 || found.external || found.namespace !== 'file';
  const real = nowhere ? undefined : await realPlace(found.path);
  // What lies outside is told as what does not exist: which of them it is, is none of the plugin's business.
  if (real === undefined || !isInside(real, root)) return refuse(args, notThere(specifier));
  if (!isSource(real)) return refuse(args, noSource(nameOf(real, root)));
  return { path: real, namespace: 'file', sideEffects: found.sideEffects };
}

function refusalOf(specifier: string, resolveDir: string, root: string): Refusal | undefined {
  if (specifier.length > MAX_SPECIFIER) return notThere(`${specifier.slice(0, 64)}…`);
  const named = JSON.stringify(specifier);
  const [name = ''] = specifier.split('/');
  if (specifier.startsWith('node:') || BUILTINS.has(specifier) || BUILTINS.has(name))
    return { kind: 'node', message: `${named} is a module of Node, and this sandbox has no Node API` };
  if (/^[a-z][a-z\d+.-]*:/i.test(specifier))
    return { kind: 'missing', message: `${named} is a URL: only files of the plugin are loaded` };
  if (isAbsolute(specifier))
    return { kind: 'missing', message: `${named} is an absolute path: only files of the plugin are loaded` };
  // Before anyone has looked whether there is such a file.
  if (
    isRelative(specifier) &&
    join(resolveDir, specifier, '.') !== root &&
    !isInside(join(resolveDir, specifier), root)
  )
    return { kind: 'missing', message: `${named} leads out of the plugin` };
  return undefined;
}

function isRelative(specifier: string): boolean {
  return /^\.\.?(?:[/\\]|$)/.test(specifier);
}

function notThere(specifier: string): Refusal {
  const kind = isRelative(specifier) || specifier.startsWith('#') ? 'missing' : 'package';
  return { kind, message: `${JSON.stringify(specifier)} is not in the plugin` };
}

function noSource(name: string): Refusal {
  return { kind: 'missing', message: `${name} is no source that can be loaded here` };
}

/** esbuild opens whatever is called package.json on its way, and waits for a pipe without end. */
async function blocked(specifier: string, resolveDir: string, root: string): Promise<Refusal | undefined> {
  const above = foldersDownTo(resolveDir, root);
  const asked = isRelative(specifier)
    ? foldersDownTo(join(resolveDir, specifier), root)
    : above.flatMap((folder) => foldersDownTo(join(folder, 'node_modules', specifier), folder));
  const files = [...new Set([...above, ...asked])].slice(0, MAX_FOLDERS).map((folder) => join(folder, 'package.json'));
  const facts = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  const at = facts.findIndex((fact) => fact !== undefined && !fact.isFile() && !fact.isDirectory());
  const file = files[at];
  return file === undefined ? undefined : { kind: 'missing', message: `${nameOf(file, root)} is no file` };
}

/** From `root` to a folder inside it, both among them. */
function foldersDownTo(folder: string, root: string): readonly string[] {
  const folders = [root];
  for (let at = folder; isInside(at, root); at = dirname(at)) folders.push(at);
  return folders;
}

/** A module that is asked for while the plugin runs may be missing; one that it needs to be a module at all may not. */
function refuse({ kind, path }: OnResolveArgs, refusal: Refusal): OnResolveResult {
  if (LATE_KINDS.has(kind))
    return { path, namespace: ABSENT, pluginData: `${refusal.message}: ${HINTS[refusal.kind]}` };
  return { errors: [{ text: refusal.message, detail: refusal.kind }] };
}
