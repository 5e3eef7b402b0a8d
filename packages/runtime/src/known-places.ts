import type { PluginManifest } from '@kb-labs/contracts';
import type { ContextSettings } from './context.js';
import type { HandlerReference } from './handler-reference.js';

/** What a handler's place is looked up by. All but `handler` are objects and paths of the host's own. */
export interface PlaceKey {
  readonly settings: ContextSettings;
  readonly manifest: PluginManifest | undefined;
  /** The plugin's folder as it was found, links not followed. */
  readonly root: string;
  readonly handler: string | HandlerReference;
  readonly codeFolders: readonly string[];
}

/** Remembers what was found for handlers, for each context and manifest, as long as the host holds both. */
export interface KnownPlaces<Found extends object> {
  find(key: PlaceKey): Found | undefined;
  keep(key: PlaceKey, found: Found): void;
}

interface Entry<Found> {
  readonly root: string;
  readonly codeFolders: readonly string[];
  readonly found: Found;
}

/**
 * Handlers of one plugin that are remembered, the latest that were found. Who chooses names, be it somebody on the web or a plugin that invokes
 * another, has found only what is there to be found, and at worst lets it be looked for again.
 */
const MOST_OF_PLUGIN = 64;

/** Makes the memory of one runtime, with nothing in it. */
export function createKnownPlaces<Found extends object>(): KnownPlaces<Found> {
  const contexts = new WeakMap<ContextSettings, WeakMap<object, Map<string, Entry<Found>>>>();
  const entriesOf = ({ settings, manifest }: PlaceKey): Map<string, Entry<Found>> | undefined =>
    contexts.get(settings)?.get(manifest ?? settings);
  return {
    find(key) {
      const entry = entriesOf(key)?.get(textOf(key.handler));
      if (entry === undefined || entry.root !== key.root || entry.codeFolders !== key.codeFolders) return undefined;
      return entry.found;
    },
    keep(key, found) {
      const plugins = contexts.get(key.settings) ?? new WeakMap<object, Map<string, Entry<Found>>>();
      const entries = entriesOf(key) ?? new Map<string, Entry<Found>>();
      const { root, codeFolders } = key;
      const name = textOf(key.handler);
      entries.delete(name);
      entries.set(name, { root, codeFolders, found });
      const [oldest] = entries.keys();
      if (entries.size > MOST_OF_PLUGIN && oldest !== undefined) entries.delete(oldest);
      plugins.set(key.manifest ?? key.settings, entries);
      contexts.set(key.settings, plugins);
    },
  };
}

/** A reference in two parts is another key than any in one, whatever is written there: only the latter may be the name of a handler. */
function textOf(handler: string | HandlerReference): string {
  return typeof handler === 'string' ? `text ${handler}` : `parts ${handler.file}#${handler.export}`;
}
