import { realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
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
export interface InstalledCode {
  find(folders: readonly string[], settings: ContextSettings): Promise<readonly string[]>;
  /**
   * Whether what was found for these folders still holds: the list is frozen, its links lead where they did, and nothing came or went beside
   * any of them. Asks the disk at once, some microseconds for each link and each folder that holds some.
   */
  stillHolds(folders: readonly string[], found: readonly string[]): boolean;
}

/** Makes the finder of one runtime. It looks once at each frozen list for as long as that holds, and each time at any other. */
export function createInstalledCode(): InstalledCode {
  const known = new WeakMap<readonly string[], WeakMap<ContextSettings, Promise<readonly string[]>>>();
  const looks = new WeakMap<readonly string[], Look>();
  const stillHolds = (folders: readonly string[], found: readonly string[]): boolean => {
    const look = Object.isFrozen(folders) ? looks.get(found) : undefined;
    return look !== undefined && look.holders.every(isSameHolder) && look.sights.every(isSameSight);
  };
  return {
    stillHolds,
    async find(folders, settings) {
      const bySettings = known.get(folders) ?? new WeakMap<ContextSettings, Promise<readonly string[]>>();
      known.set(folders, bySettings);
      const before = await bySettings.get(settings);
      if (before !== undefined && stillHolds(folders, before)) return before;
      const finding = realFolders(folders, settings.root, looks);
      bySettings.set(settings, finding);
      return await finding;
    },
  };
}

/** What was seen of the disk when folders were looked for. */
interface Look {
  readonly holders: readonly Holder[];
  /** Those of links alone: what is none becomes one only by a change in its holder. */
  readonly sights: readonly Sight[];
}

/** A folder that holds some of them, and the state that it was in. */
interface Holder {
  readonly path: string;
  readonly state: string;
}

/** Where a path led; `undefined` where it led nowhere. */
interface Sight {
  readonly path: string;
  readonly real: string | undefined;
}

async function realFolders(
  folders: readonly string[],
  root: string,
  looks: WeakMap<readonly string[], Look>,
): Promise<readonly string[]> {
  // Before the look at what they hold, so that what changes meanwhile shows at the next one.
  const holders = [...new Set(folders.map((folder) => dirname(folder)))].map((path) => ({
    path,
    state: stateOf(path),
  }));
  const sights = await Promise.all(folders.map(async (path): Promise<Sight> => ({ path, real: await led(path) })));
  // One that is gone holds no code.
  const real = sights.flatMap((sight) => (sight.real === undefined ? [] : [sight.real]));
  const found = [...new Set(real)].filter((folder) => folder !== root && !isBelow(root, folder));
  looks.set(found, { holders, sights: sights.filter((sight) => sight.real !== sight.path) });
  return Object.freeze(found);
}

function led(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function isSameSight({ path, real }: Sight): boolean {
  try {
    return realpathSync.native(path) === real;
  } catch {
    // Gone, as it may have been before.
    return real === undefined;
  }
}

function isSameHolder({ path, state }: Holder): boolean {
  return stateOf(path) === state;
}

/** Another one as soon as an entry comes, goes or is exchanged. */
function stateOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'gone' : [stats.dev, stats.ino, stats.mtimeNs, stats.ctimeNs].join();
}
