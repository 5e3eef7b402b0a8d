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

/** A reference in two parts is another key than any in one, whatever is written there: only the latter may be the name of a handler. */
interface Entries<Found> {
  readonly texts: Map<string, Entry<Found>>;
  readonly parts: Map<string, Entry<Found>>;
}

/**
 * Handlers of one plugin that are remembered in each form, the latest that were found. Who chooses names, be it somebody on the web or a plugin that
 * invokes another, has found only what is there to be found, and at worst lets it be looked for again.
 */
const MOST_OF_PLUGIN = 64;

/** Makes the memory of one runtime, with nothing in it. */
export function createKnownPlaces<Found extends object>(): KnownPlaces<Found> {
  const contexts = new WeakMap<ContextSettings, WeakMap<object, Entries<Found>>>();
  const entriesOf = ({ settings, manifest }: PlaceKey): Entries<Found> | undefined =>
    contexts.get(settings)?.get(manifest ?? settings);
  return {
    find(key) {
      const { handler } = key;
      const entries = entriesOf(key);
      const entry = typeof handler === 'string' ? entries?.texts.get(handler) : entries?.parts.get(textOf(handler));
      if (entry === undefined || entry.root !== key.root || entry.codeFolders !== key.codeFolders) return undefined;
      return entry.found;
    },
    keep(key, found) {
      const { root, codeFolders, handler } = key;
      const plugins = contexts.get(key.settings) ?? new WeakMap<object, Entries<Found>>();
      const entries = entriesOf(key) ?? { texts: new Map(), parts: new Map() };
      const entry = { root, codeFolders, found };
      if (typeof handler === 'string') keepLatest(entries.texts, handler, entry);
      else keepLatest(entries.parts, textOf(handler), entry);
      plugins.set(key.manifest ?? key.settings, entries);
      contexts.set(key.settings, plugins);
    },
  };
}

function keepLatest<Value>(entries: Map<string, Value>, name: string, entry: Value): void {
  entries.delete(name);
  entries.set(name, entry);
  const [oldest] = entries.keys();
  if (entries.size > MOST_OF_PLUGIN && oldest !== undefined) entries.delete(oldest);
}

function textOf({ file, export: name }: HandlerReference): string {
  return `${file}#${name}`;
}
