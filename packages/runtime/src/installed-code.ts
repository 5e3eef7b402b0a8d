import { realpath } from 'node:fs/promises';
import type { PluginRegistry } from '@kb-labs/contracts';
import type { ContextSettings } from './context.js';
import { isBelow } from './handler-reference.js';
import { hasMethods } from './shared-options.js';

/** A registry that tells where the code of its plugins lies. A list that it hands out again, frozen, is one that has not changed. */
interface LocatedRegistry extends PluginRegistry {
  codeFolders(): Promise<readonly string[]>;
}

/** Whether a registry tells where code lies. */
export function isLocated(registry: PluginRegistry | undefined): registry is LocatedRegistry {
  return registry !== undefined && hasMethods(registry, ['codeFolders']);
}

/**
 * Finds the real folders of installed plugins that no grant lets a run write: whoever changes another plugin's code, or puts one there, acts
 * with what that one is granted. Those that hold the root are left out, for then all that a run may write lies in them.
 */
export type InstalledCode = (folders: readonly string[], settings: ContextSettings) => Promise<readonly string[]>;

/** Makes the finder of one runtime. It looks once at each frozen list, and each time at any other. */
export function createInstalledCode(): InstalledCode {
  const known = new WeakMap<readonly string[], WeakMap<ContextSettings, Promise<readonly string[]>>>();
  return async (folders, settings) => {
    if (!Object.isFrozen(folders)) return await realFolders(folders, settings.root);
    const bySettings = known.get(folders) ?? new WeakMap<ContextSettings, Promise<readonly string[]>>();
    known.set(folders, bySettings);
    const found = bySettings.get(settings) ?? realFolders(folders, settings.root);
    bySettings.set(settings, found);
    return await found;
  };
}

async function realFolders(folders: readonly string[], root: string): Promise<readonly string[]> {
  // One that is gone holds no code.
  const real = await Promise.all(
    folders.map(async (folder) =>
      realpath(folder).then(
        (path) => [path],
        () => [],
      ),
    ),
  );
  return Object.freeze([...new Set(real.flat())].filter((folder) => folder !== root && !isBelow(root, folder)));
}
