import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import { createError, parseJson } from '@kb-labs/contracts';
import type { InstalledPlugin, PluginError, PluginManifest, PluginRegistry } from '@kb-labs/contracts';
import { z } from 'zod';
import type { ParseManifestOptions } from './manifest.js';
import { parseBySchema } from './schema-issues.js';
import { sharedOptionShapes } from './shared-options.js';
import { semver } from './late-semver.js';

/** Names of a manifest's file, the first that is there counts. */
const MANIFEST_FILES = ['plugin.json', 'kb.plugin.json'];
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_PLUGINS = 10_000;

/** Where installed plugins lie: 10 000 of them at most. An unknown option is `ERR_CONFIG_INVALID`. */
export interface FolderRegistryOptions {
  /**
   * Each plugin is a folder in one of these that bears its id, `name` or `@scope/name`, or its id and version, `name@1.2.0`: a manifest
   * that says another id is no plugin, but a problem. Of equal versions the first counts.
   */
  readonly folders: readonly string[];
  /** What manifests may require below the built-in groups: that of your runtime. Default: what this runtime brings. */
  readonly capabilityRegistry?: KnownCapabilities;
}

/** A folder that is no plugin, and why. */
export interface FolderProblem {
  readonly folder: string;
  readonly error: unknown;
}

/**
 * A registry of plugins that lie in folders. It looks at the disk when it is first asked, and again on `refresh`. Finding a plugin whose folder
 * is there and cannot be used throws what is wrong with it.
 */
export interface FolderRegistry extends PluginRegistry {
  /** What is installed, by id and then version. */
  list(): Promise<readonly InstalledPlugin[]>;
  /** Folders whose manifest cannot be used. They are no plugins, and stand in nobody's way. */
  problems(): Promise<readonly FolderProblem[]>;
  /** The folders themselves, and that of each plugin. What runs beside this registry may write in none of them. */
  codeFolders(): Promise<readonly string[]>;
  /** Looks at the disk again. */
  refresh(): Promise<void>;
}

/** Throws `ERR_MANIFEST_INVALID`. */
type Parse = (value: unknown, options: ParseManifestOptions) => PluginManifest;

const optionsSchema = z.strictObject({
  folders: z.array(z.string().min(1)).min(1).max(64),
  capabilityRegistry: sharedOptionShapes.capabilityRegistry.exactOptional(),
});

/** Makes a registry over folders. A folder of `folders` that cannot be read, or holds too much, is `ERR_CONFIG_INVALID` at the first use. */
export function createFolderRegistryWith(parse: Parse, options: FolderRegistryOptions): FolderRegistry {
  const parsed = parseBySchema(optionsSchema, options, { code: 'ERR_CONFIG_INVALID', what: 'the registry' });
  const { capabilityRegistry } = parsed;
  const folders = parsed.folders.map((folder) => resolve(folder));
  const parseOwn: ParseOwn = (value) => parse(value, capabilityRegistry === undefined ? {} : { capabilityRegistry });
  let scan: Promise<Scan> | undefined;
  const current = async (): Promise<Scan> => {
    scan ??= scanFolders(folders, parseOwn);
    try {
      return await scan;
    } catch (error) {
      scan = undefined;
      throw error;
    }
  };
  return {
    async find(id, range) {
      const { byId, problems } = await current();
      const known = byId.get(id) ?? [];
      const fitting = known.findLast(({ manifest }) => semver().satisfies(manifest.version, range));
      if (fitting !== undefined) return fitting;
      if (range === '*' && known.length > 0) return known.at(-1);
      // A plugin that was installed and cannot be used is not one that is missing.
      const broken = problems.find(({ folder }) => isFolderOf(id, folder));
      if (broken !== undefined) throw broken.error;
      return undefined;
    },
    list: async () => (await current()).plugins,
    problems: async () => (await current()).problems,
    // The same list until the next look: whoever has looked through it need not do so again.
    codeFolders: async () => (await current()).codeFolders,
    async refresh() {
      scan = undefined;
      await current();
    },
  };
}

type ParseOwn = (value: unknown) => PluginManifest;

interface Scan {
  readonly plugins: readonly InstalledPlugin[];
  /** The versions of each, in their order. */
  readonly byId: ReadonlyMap<string, readonly InstalledPlugin[]>;
  readonly codeFolders: readonly string[];
  readonly problems: readonly FolderProblem[];
}

async function scanFolders(folders: readonly string[], parse: ParseOwn): Promise<Scan> {
  const plugins = new Map<string, InstalledPlugin>();
  const problems: FolderProblem[] = [];
  const found = (await Promise.all(folders.map(candidates))).flat();
  if (found.length > MAX_PLUGINS) throw tooMany(found.length);
  for (const folder of found) {
    try {
      const plugin = await readPlugin(folder, parse);
      if (plugin === undefined) continue;
      const key = `${plugin.manifest.id}@${plugin.manifest.version}`;
      if (!plugins.has(key)) plugins.set(key, plugin);
    } catch (error) {
      problems.push({ folder, error });
    }
  }
  const sorted = [...plugins.values()].sort(
    (a, b) => compareText(a.manifest.id, b.manifest.id) || semver().compare(a.manifest.version, b.manifest.version),
  );
  return {
    plugins: Object.freeze(sorted),
    byId: Map.groupBy(sorted, ({ manifest }) => manifest.id),
    codeFolders: Object.freeze([...folders, ...sorted.map(({ root }) => root)]),
    problems: Object.freeze(problems),
  };
}

function tooMany(found: number): PluginError {
  return createError('ERR_CONFIG_INVALID', `the folders of the registry hold ${found} folders, not plugins alone`, {
    details: { pointer: '/folders', found, limit: MAX_PLUGINS },
    hint: `name folders that hold plugins, ${MAX_PLUGINS} of them at most`,
  });
}

/** Folders that may be plugins, in the order of their names. */
async function candidates(folder: string): Promise<readonly string[]> {
  const inside = await subfolders(folder).catch((cause: unknown) => {
    throw createError('ERR_CONFIG_INVALID', 'a folder of the registry cannot be read', {
      details: { pointer: '/folders' },
      hint: 'make the folder, or take it out of folders',
      cause,
    });
  });
  const nested = await Promise.all(
    inside.map(async (path) => (/[/\\]@[^/\\]+$/u.test(path) ? subfolders(path) : [path])),
  );
  return nested.flat();
}

/** A link to a folder counts as one: package managers install by links. */
async function subfolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .sort(compareText);
}

async function readPlugin(folder: string, parse: ParseOwn): Promise<InstalledPlugin | undefined> {
  for (const name of MANIFEST_FILES) {
    const text = await readIfThere(join(folder, name));
    if (text === undefined) continue;
    const manifest = parse(tryParse(text));
    assertOwnName(folder, manifest);
    return { manifest, root: folder };
  }
  return undefined;
}

/** Whoever writes a manifest may write any id into it. Whoever installs a plugin names its folder, and so says which one it is. */
function assertOwnName(folder: string, { id, version }: PluginManifest): void {
  const place = placeOf(folder);
  if (place === id || place === `${id}@${version}`) return;
  throw createError(
    'ERR_MANIFEST_INVALID',
    `the folder "${place}" holds a manifest that says it is "${id}" ${version}`,
    {
      details: { pointer: '/id', folder: place, id, version },
      hint: `name the folder "${id}" or "${id}@${version}", if that is the plugin that you mean to install`,
    },
  );
}

function isFolderOf(id: string, folder: string): boolean {
  const place = placeOf(folder);
  return place === id || place.startsWith(`${id}@`);
}

/** What a folder says which plugin it is. */
function placeOf(folder: string): string {
  const name = basename(folder);
  const parent = basename(dirname(folder));
  return parent.startsWith('@') ? `${parent}/${name}` : name;
}

async function readIfThere(file: string): Promise<string | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  if (stats.size > MAX_MANIFEST_BYTES) {
    throw createError('ERR_MANIFEST_INVALID', `the manifest has more than ${MAX_MANIFEST_BYTES} bytes`, {
      details: { pointer: '', bytes: stats.size },
      hint: 'keep long texts in files of their own',
    });
  }
  return readFile(file, 'utf8');
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw createError('ERR_MANIFEST_INVALID', 'the manifest is no JSON', {
      details: { pointer: '' },
      hint: 'write plain JSON, without comments and trailing commas',
      cause,
    });
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
