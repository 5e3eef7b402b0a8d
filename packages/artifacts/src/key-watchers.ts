import type { ArtifactKey } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';

/** Those who want to know of changes to single artifacts. */
export class KeyWatchers {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls back after each change of this key until disposed. */
  add(key: ArtifactKey, onChange: () => void): Disposable {
    const uri = artifactUri(key);
    const listeners = this.#listeners.get(uri) ?? new Set();
    // Its own, so that the same function may watch twice and be disposed of once.
    const listener = (): void => onChange();
    listeners.add(listener);
    this.#listeners.set(uri, listeners);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(uri) === listeners) this.#listeners.delete(uri);
      },
    };
  }

  /** Tells all who watch this key. */
  tell(key: ArtifactKey): void {
    // A copy: those who come while the others are told have nothing to hear of this change.
    const listeners = Array.from(this.#listeners.get(artifactUri(key)) ?? []);
    for (const listener of listeners) callWatcher(listener);
  }
}

/** Calls one who watches, whatever that does. */
export function callWatcher(listener: () => void): void {
  try {
    listener();
  } catch {
    // The change is made, and neither whoever made it nor the other watchers have a part in what this one does about it.
  }
}
