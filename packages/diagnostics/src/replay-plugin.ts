import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { createError, parseJson } from '@kb-labs/contracts';
import type { HandlerModule, OutputPart } from '@kb-labs/contracts';
import type { ReplayDivergence } from './replay-report.js';
import type { SnapshotAuthority } from './snapshot.js';

/** The modules of one run, as real paths below the plugin's real root. */
export interface ReplayModules {
  readonly root: string;
  readonly handler: HandlerModule;
  readonly inputSchema: HandlerModule | undefined;
  readonly outputSchema: HandlerModule | undefined;
  readonly outputParts: readonly OutputPart[];
}

const MANIFESTS = ['plugin.json', 'kb.plugin.json'];
const MODULES: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);
const REFERENCE = /^(\.\/[^\\?#%:\p{Cc}]+)#([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u;

/**
 * Finds what the record names in these files. Throws `ERR_INVALID_ARGUMENT` for a root that is no folder; anything else that is not as in the
 * record is a divergence. Without a manifest, then or now, id and version are taken to be right.
 */
export async function findModules(
  pluginRoot: string,
  authority: SnapshotAuthority,
  anyVersion: boolean,
): Promise<ReplayModules | ReplayDivergence> {
  const root = await realFolder(pluginRoot);
  const { id, version } = authority.plugin;
  const expected = anyVersion ? id : `${id}@${version}`;
  const found = authority.manifestDigest === undefined ? undefined : await readIdentity(root);
  const actual = found === undefined || anyVersion ? found?.id : `${found.id}@${found.version}`;
  if (actual !== undefined && actual !== expected) return { kind: 'plugin', expected, actual };
  const { inputSchema, outputSchema, outputParts } = authority;
  const references = [authority.handler, inputSchema, outputSchema, ...outputParts.map(({ schema }) => schema)];
  const modules = new Map<string | undefined, HandlerModule>();
  for (const reference of new Set(references)) {
    const module = reference === undefined ? undefined : await locate(reference, root);
    if (module !== undefined) modules.set(reference, module);
    else if (reference !== undefined) return absent(reference);
  }
  const handler = modules.get(authority.handler);
  if (handler === undefined) return absent(authority.handler);
  return {
    root,
    handler,
    inputSchema: modules.get(inputSchema),
    outputSchema: modules.get(outputSchema),
    outputParts: outputParts.flatMap(({ pointer, schema }) => {
      const module = modules.get(schema);
      return module === undefined ? [] : [{ pointer, schema: module }];
    }),
  };
}

function absent(reference: string): ReplayDivergence {
  return { kind: 'plugin', expected: reference, actual: undefined };
}

async function realFolder(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isDirectory()) return root;
  } catch {
    // Missing or not readable: told below.
  }
  throw createError('ERR_INVALID_ARGUMENT', `pluginRoot is no folder: ${path}`, {
    hint: 'give the folder that held the plugin when the snapshot was taken, or a copy of it',
  });
}

/** Inside the plugin by its real path: a link that leads out is not followed. */
async function locate(reference: string, root: string): Promise<HandlerModule | undefined> {
  const [, file, name] = REFERENCE.exec(reference) ?? [];
  if (file === undefined || name === undefined || file.split('/').includes('..')) return undefined;
  try {
    const path = await realpath(join(root, file));
    const way = relative(root, path);
    const inside = way !== '..' && !way.startsWith(`..${sep}`) && join(root, way) === path;
    const loadable = inside && MODULES.has(extname(path)) && (await stat(path)).isFile();
    return loadable ? { file: path, export: name } : undefined;
  } catch {
    // Missing, not readable or a loop of links: it is not there.
    return undefined;
  }
}

async function readIdentity(root: string): Promise<{ readonly id: string; readonly version: string } | undefined> {
  for (const name of MANIFESTS) {
    try {
      const manifest: unknown = parseJson(await readFile(join(root, name), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'id' in manifest && 'version' in manifest) {
        return { id: String(manifest.id), version: String(manifest.version) };
      }
    } catch {
      // None, or none that says who this is.
    }
  }
  return undefined;
}
