import { realpath } from 'node:fs/promises';
import { createError } from '@kb-labs/contracts';
import type {
  HandlerDeclaration,
  HandlerModule,
  InstalledPlugin,
  OutputPart,
  PluginError,
  PluginManifest,
  SandboxPlugin,
} from '@kb-labs/contracts';
import { satisfies } from 'semver';
import { untilAborted } from '../abort.js';
import { checkHandlerReference, locateHandler, parseHandlerReference } from '../handler-reference.js';
import { installedCode } from '../installed-code.js';
import { ANONYMOUS_PLUGIN } from '../request.js';
import type { Job, ManifestSource, RequestDefaults } from '../request.js';

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
}

/** Finds the plugin and the handler. Loads no code: that is for the sandbox. */
export async function prepare(
  job: Job,
  parse: RequestDefaults['parseManifest'],
  signal: AbortSignal,
): Promise<Prepared> {
  const { manifest, root } = await findPlugin(job, parse, signal);
  const identity = manifest ?? job.settings.plugin ?? ANONYMOUS_PLUGIN;
  assertSamePlugin(job, identity);
  const declaration = findHandler(job.handler, manifest);
  const locate = async (reference: string): Promise<HandlerModule> =>
    locateHandler(parseHandlerReference(reference), root);
  const { input, output } = declaration;
  const parts = (manifest?.artifacts ?? []).flatMap(({ schema, from = '' }) =>
    schema === undefined ? [] : [locate(schema).then((module) => ({ pointer: from, schema: module }))],
  );
  return {
    plugin: { id: identity.id, version: identity.version, root },
    manifest,
    handler: await locate(declaration.handler),
    inputSchema: input === undefined ? undefined : await locate(input),
    outputSchema: output === undefined ? undefined : await locate(output),
    outputParts: await Promise.all(parts),
    declaration,
    installedCode: await installedCode(job.registry, job.settings.root, signal),
  };
}

interface FoundPlugin {
  readonly manifest: PluginManifest | undefined;
  readonly root: string;
}

async function findPlugin(
  job: Job,
  parse: RequestDefaults['parseManifest'],
  signal: AbortSignal,
): Promise<FoundPlugin> {
  const { source, settings } = job;
  switch (source.kind) {
    case 'none':
      return { manifest: undefined, root: settings.pluginRoot };
    case 'manifest':
      return { manifest: source.manifest, root: settings.pluginRoot };
    case 'invalid':
      throw source.error;
    case 'registry': {
      const { id, range } = source.name;
      const installed = await untilAborted(source.registry.find(id, range), signal);
      return openInstalled(source, installed, (value) => parse(value, Object.keys(settings.templateVariables)));
    }
  }
}

async function openInstalled(
  { name }: ManifestSource & { readonly kind: 'registry' },
  installed: InstalledPlugin | undefined,
  parse: (value: unknown) => PluginManifest,
): Promise<FoundPlugin> {
  if (installed === undefined) {
    throw createError('ERR_HANDLER_NOT_FOUND', `the registry has no plugin "${name.id}" in the range "${name.range}"`, {
      details: { plugin: name.id, range: name.range },
      hint: 'install the plugin, or ask for a version that is installed',
    });
  }
  const manifest = parse(installed.manifest);
  if (manifest.id !== name.id || !satisfies(manifest.version, name.range, { includePrerelease: true })) {
    throw createError(
      'ERR_MANIFEST_INVALID',
      `the registry found "${manifest.id}" ${manifest.version} for "${name.id}" in the range "${name.range}"`,
      {
        details: { pointer: '/id', plugin: name.id, range: name.range },
        hint: 'let find return the plugin that it is asked for',
      },
    );
  }
  return { manifest, root: await realRoot(installed.root) };
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw createError('ERR_CONFIG_INVALID', 'the folder of the plugin that the registry found is not there', {
      hint: 'install the plugin again, or correct the root that the registry gives',
      cause,
    });
  }
}

/** A host that says which plugin a context is for gets no other one. */
function assertSamePlugin(job: Job, found: { readonly id: string; readonly version: string }): void {
  const expected = job.settings.plugin;
  // What that plugin invokes is another one, and was found under its own name.
  if (
    expected === undefined ||
    job.caller !== undefined ||
    (expected.id === found.id && expected.version === found.version)
  )
    return;
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
