import { join } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type {
  AbortLine,
  HandlerDeclaration,
  HandlerModule,
  OutputPart,
  PluginError,
  PluginManifest,
  SandboxPlugin,
} from '@kb-labs/contracts';
import { untilAborted } from '../abort.js';
import { checkHandlerReference, leadsOn, locateHandler, parseHandlerReference } from '../handler-reference.js';
import type { Way } from '../handler-reference.js';
import { isLocated } from '../installed-code.js';
import type { InstalledCode } from '../installed-code.js';
import type { KnownPlaces } from '../known-places.js';
import { ANONYMOUS_PLUGIN } from '../request.js';
import type { Job, RequestDefaults } from '../request.js';
import { findPlugin, openInstalled, realRoot } from './find-plugin.js';
import type { FoundPlugin } from './find-plugin.js';

/** What is to run: the plugin, its real folder, and the real files of the handler and its schemas. */
export interface Prepared {
  readonly plugin: SandboxPlugin;
  readonly manifest: PluginManifest | undefined;
  readonly handler: HandlerModule;
  readonly inputSchema: HandlerModule | undefined;
  readonly outputSchema: HandlerModule | undefined;
  /** Parts of the output that become artifacts with schemas. */
  readonly outputParts: readonly OutputPart[];
  /** The places as they are written. */
  readonly declaration: HandlerDeclaration;
  /** Real folders of other plugins, which this one may not write. */
  readonly installedCode: readonly string[];
  /** Where those paths lead that were followed to find all this. */
  readonly ways: readonly Way[];
}

/** What finding a handler needs of the runtime. */
export interface Finder extends Pick<RequestDefaults, 'parseManifest'> {
  readonly knownPlaces: KnownPlaces<Prepared>;
  readonly installedCode: InstalledCode;
  /** Whether what was found once is found for good: where a process loads each module once, whatever becomes of its file. */
  readonly loadsOnce: boolean;
  /** When each was last looked at, by `performance.now()`, where processes stay; `undefined` where each run has its own. */
  readonly lastLooks: WeakMap<Prepared, number> | undefined;
}

/** As long as a process that stays takes its own files to be the same: within it such a process runs what it has loaded, whatever this look finds. */
const REST_MS = 20;

/**
 * Finds the plugin and the handler. Loads no code: that is for the sandbox. What was found before is looked at again, save where `loadsOnce`, and every
 * 20 ms at most where processes stay; a file that has gone, or leads elsewhere by now, is searched for anew. The same place twice is the same object, and is had at once.
 */
export function prepare(job: Job, finder: Finder, line: AbortLine): Prepared | PromiseLike<Prepared> {
  if (job.source.kind === 'registry' || isLocated(job.registry)) return prepareInstalled(job, finder, line);
  return prepareFound({ job, finder, line, found: findPlugin(job), codeFolders: NO_FOLDERS });
}

/** What `prepare` would give without a look at anything but its memory; `undefined` where it would look, wait or refuse. */
export function recallPrepared(job: Job, finder: Finder): Prepared | undefined {
  const { source, settings, handler } = job;
  if (!finder.loadsOnce || source.kind === 'registry' || source.kind === 'invalid') return undefined;
  const manifest = source.kind === 'manifest' ? source.manifest : undefined;
  if (isLocated(job.registry) || !isSamePlugin(job, manifest ?? settings.plugin ?? ANONYMOUS_PLUGIN)) return undefined;
  return finder.knownPlaces.find({ settings, manifest, root: settings.pluginRoot, handler, codeFolders: NO_FOLDERS });
}

const NO_FOLDERS: readonly string[] = Object.freeze([]);

async function prepareInstalled(job: Job, finder: Finder, line: AbortLine): Promise<Prepared> {
  const found =
    job.source.kind === 'registry'
      ? await openInstalled(job.source, { job, parseManifest: finder.parseManifest, line })
      : findPlugin(job);
  const codeFolders = isLocated(job.registry) ? await untilAborted(job.registry.codeFolders(), line) : NO_FOLDERS;
  return await prepareFound({ job, finder, line, found, codeFolders });
}

interface Search {
  readonly job: Job;
  readonly finder: Finder;
  readonly line: AbortLine;
}

interface Found extends Search {
  readonly found: FoundPlugin;
  readonly codeFolders: readonly string[];
}

function prepareFound({ job, finder, line, found, codeFolders }: Found): Prepared | Promise<Prepared> {
  assertSamePlugin(job, found.manifest ?? job.settings.plugin ?? ANONYMOUS_PLUGIN);
  const key = { settings: job.settings, manifest: found.manifest, root: found.root, handler: job.handler, codeFolders };
  const known = finder.knownPlaces.find(key);
  if (known !== undefined && isStillThere(known, { job, finder, codeFolders })) return known;
  return search({ job, finder, line, found, codeFolders }).then((prepared) => {
    finder.knownPlaces.keep(key, prepared);
    return prepared;
  });
}

function isStillThere(known: Prepared, { job, finder, codeFolders }: Omit<Found, 'line' | 'found'>): boolean {
  // Whatever a process has loaded, what is installed beside it changes.
  if (codeFolders.length > 0 && !finder.installedCode.stillHolds(codeFolders, known.installedCode)) return false;
  // A dry run has a process of its own.
  return finder.loadsOnce || leadOn(known, job.dryRun ? undefined : finder.lastLooks);
}

function leadOn(known: Prepared, lastLooks: Finder['lastLooks']): boolean {
  if (lastLooks === undefined) return known.ways.every(leadsOn);
  const now = performance.now();
  if (now - (lastLooks.get(known) ?? Number.NEGATIVE_INFINITY) < REST_MS) return true;
  if (!known.ways.every(leadsOn)) return false;
  lastLooks.set(known, now);
  return true;
}

async function search({ job, finder, found, codeFolders }: Found): Promise<Prepared> {
  const { manifest } = found;
  const identity = manifest ?? job.settings.plugin ?? ANONYMOUS_PLUGIN;
  const root = found.isReal ? found.root : await realRoot(found.root);
  const declaration = findHandler(job.handler, manifest);
  const ways: Way[] = found.isReal ? [] : [{ path: found.root, real: root, kind: 'folder' }];
  const locate = async (written: string): Promise<HandlerModule> => {
    const reference = parseHandlerReference(written);
    const module = Object.freeze(await locateHandler(reference, root));
    ways.push({ path: join(root, reference.file), real: module.file, kind: 'file' });
    return module;
  };
  const { input, output } = declaration;
  const parts = (manifest?.artifacts ?? []).flatMap(({ schema, from = '' }) =>
    schema === undefined ? [] : [locate(schema).then((module) => ({ pointer: from, schema: module }))],
  );
  return Object.freeze({
    plugin: Object.freeze({ id: identity.id, version: identity.version, root }),
    manifest,
    handler: await locate(declaration.handler),
    inputSchema: input === undefined ? undefined : await locate(input),
    outputSchema: output === undefined ? undefined : await locate(output),
    outputParts: Object.freeze(await Promise.all(parts)),
    declaration,
    installedCode: await finder.installedCode.find(codeFolders, job.settings),
    ways,
  });
}

type Identity = Pick<SandboxPlugin, 'id' | 'version'>;

function isSamePlugin({ settings, caller }: Job, found: Identity): boolean {
  const expected = settings.plugin;
  // What that plugin invokes is another one, and was found under its own name.
  if (expected === undefined || caller !== undefined) return true;
  return expected.id === found.id && expected.version === found.version;
}

/** A host that says which plugin a context is for gets no other one. */
function assertSamePlugin(job: Job, found: Identity): void {
  const expected = job.settings.plugin;
  if (expected === undefined || isSamePlugin(job, found)) return;
  throw createError(
    'ERR_MANIFEST_INVALID',
    `the manifest is of "${found.id}" ${found.version}, and the context is for "${expected.id}" ${expected.version}`,
    { details: { pointer: '/id' }, hint: 'make a context for this plugin, or leave plugin out of the context' },
  );
}

/** What is written without a path or an export is meant as a name. */
function noSuchName(name: string, manifest: PluginManifest | undefined): PluginError {
  const names = Object.keys(manifest?.handlers ?? {}).slice(0, 20);
  const known = manifest === undefined ? 'no manifest was handed in' : `the manifest declares ${names.join(', ')}`;
  return createError('ERR_HANDLER_NOT_FOUND', `there is no handler named "${name}": ${known}`, {
    details: { handler: name, handlers: names },
    hint: 'use a name from the manifest, or write ./file.js#export',
  });
}

function findHandler(handler: Job['handler'], manifest: PluginManifest | undefined): HandlerDeclaration {
  const declared = manifest?.handlers ?? {};
  if (typeof handler === 'string' && Object.hasOwn(declared, handler)) {
    const byName = declared[handler];
    if (byName !== undefined) return byName;
  }
  if (typeof handler === 'string' && /^[\w.-]{1,128}$/u.test(handler)) throw noSuchName(handler, manifest);
  const reference = typeof handler === 'string' ? parseHandlerReference(handler) : checkHandlerReference(handler);
  const written = `${reference.file}#${reference.export}`;
  const [first, second] = Object.values(declared).filter((declaration) => declaration.handler === written);
  if (second === undefined) return first ?? { handler: written };
  throw createError('ERR_HANDLER_NOT_FOUND', `the manifest declares ${JSON.stringify(written)} under several names`, {
    details: { handler: written },
    hint: 'say which one: use its name in the manifest',
  });
}
