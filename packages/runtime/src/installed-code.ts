import { realpath } from 'node:fs/promises';
import type { PluginRegistry } from '@kb-labs/contracts';
import { untilAborted } from './abort.js';
import { isBelow } from './handler-reference.js';
import { hasMethods } from './shared-options.js';

/** A registry that tells where the code of its plugins lies. */
interface LocatedRegistry extends PluginRegistry {
  codeFolders(): Promise<readonly string[]>;
}

/**
 * Real folders of installed plugins that no grant lets a run write: whoever changes another plugin's code, or puts one there, acts with what
 * that one is granted. Those that hold the root are left out, for then all that a run may write lies in them.
 */
export async function installedCode(
  registry: PluginRegistry | undefined,
  root: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!isLocated(registry)) return [];
  const folders = await untilAborted(registry.codeFolders(), signal);
  // One that is gone holds no code.
  const real = await Promise.all(
    folders.map(async (folder) =>
      realpath(folder).then(
        (path) => [path],
        () => [],
      ),
    ),
  );
  return [...new Set(real.flat())].filter((folder) => folder !== root && !isBelow(root, folder));
}

function isLocated(registry: PluginRegistry | undefined): registry is LocatedRegistry {
  return hasMethods(registry, ['codeFolders']);
}
