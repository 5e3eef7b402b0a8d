import { ArtifactBroker, writeArtifact as writeTo } from '@kb-labs/artifacts';
import type { ArtifactInfo, ArtifactWriteOptions } from '@kb-labs/contracts';
import { settingsOf } from '../context.js';
import type { PluginContext } from '../context.js';
import { ANONYMOUS_PLUGIN } from '../request.js';
import { systemClock } from '../system-clock.js';
import { artifactOutlet } from './artifacts.js';

/** Where an artifact is to lie, and how it is to be kept. */
export interface WriteArtifactOptions extends ArtifactWriteOptions {
  /** A relative path. Default: the time and a random part, with `.txt`, `.json` or `.bin` by what is written. */
  readonly path?: string;
}

/**
 * Stores data as an artifact of the plugin that a context is for: strings as UTF-8, bytes as they are, all else as JSON. The host does this
 * itself, so no grant is asked for. In a dry run nothing is kept. Throws `ERR_CONFIG_INVALID` for what is no context, and `ERR_ARTIFACT_*`.
 */
export async function writeArtifact(
  context: PluginContext,
  data: unknown,
  options: WriteArtifactOptions = {},
): Promise<ArtifactInfo> {
  const { artifactStore, root, plugin, dryRun } = settingsOf(context);
  const outlet = artifactOutlet(artifactStore, systemClock);
  const store = outlet.storeFor(root);
  const broker = new ArtifactBroker({
    store: dryRun ? outlet.overlay(store) : store,
    pluginId: plugin?.id ?? ANONYMOUS_PLUGIN.id,
    rules: 'host',
  });
  return await writeTo(broker, data, options);
}
