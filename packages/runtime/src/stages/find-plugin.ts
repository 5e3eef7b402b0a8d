import { realpath } from 'node:fs/promises';
import { createError } from '@kb-labs/contracts';
import type { AbortLine, PluginManifest } from '@kb-labs/contracts';
import { untilAborted } from '../abort.js';
import type { Job, ManifestSource, RequestDefaults } from '../request.js';
import { semver } from '../late-semver.js';

/** For which run a registry is asked, and what ends the wait for it. */
interface Asking extends Pick<RequestDefaults, 'parseManifest'> {
  readonly job: Job;
  readonly line: AbortLine;
}

/** A plugin's manifest and folder. */
export interface FoundPlugin {
  readonly manifest: PluginManifest | undefined;
  readonly root: string;
  /** Whether no link is in the way to it; that of a registry may have some. */
  readonly isReal: boolean;
}

/** The plugin of a run that names none in a registry. Throws what is wrong with its manifest. */
export function findPlugin({ source, settings }: Job): FoundPlugin {
  if (source.kind === 'invalid') throw source.error;
  const manifest = source.kind === 'manifest' ? source.manifest : undefined;
  return { manifest, root: settings.pluginRoot, isReal: true };
}

/** The plugin that a registry finds. Throws `ERR_HANDLER_NOT_FOUND`, and `ERR_MANIFEST_INVALID` where it is not the one that was asked for. */
export async function openInstalled(
  { name, registry }: ManifestSource & { readonly kind: 'registry' },
  { job, parseManifest, line }: Asking,
): Promise<FoundPlugin> {
  const installed = await untilAborted(registry.find(name.id, name.range), line);
  if (installed === undefined) {
    throw createError('ERR_HANDLER_NOT_FOUND', `the registry has no plugin "${name.id}" in the range "${name.range}"`, {
      details: { plugin: name.id, range: name.range },
      hint: 'install the plugin, or ask for a version that is installed',
    });
  }
  const manifest = parseManifest(installed.manifest, job.settings);
  if (manifest.id !== name.id || !semver().satisfies(manifest.version, name.range, { includePrerelease: true })) {
    throw createError(
      'ERR_MANIFEST_INVALID',
      `the registry found "${manifest.id}" ${manifest.version} for "${name.id}" in the range "${name.range}"`,
      {
        details: { pointer: '/id', plugin: name.id, range: name.range },
        hint: 'let find return the plugin that it is asked for',
      },
    );
  }
  return { manifest, root: installed.root, isReal: false };
}

/** The folder of a plugin with no link in its way. Throws `ERR_CONFIG_INVALID` where it is not there. */
export async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw createError('ERR_CONFIG_INVALID', 'the folder of the plugin that the registry found is not there', {
      hint: 'install the plugin again, or correct the root that the registry gives',
      cause,
    });
  }
}
