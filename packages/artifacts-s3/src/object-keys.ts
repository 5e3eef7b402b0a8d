import { createHash } from 'node:crypto';
import { artifactUri } from '@kb-labs/artifacts';
import { foldPath } from '@kb-labs/artifacts/store';
import type { ArtifactKey } from '@kb-labs/contracts';

/** Where the objects of one artifact lie. Names that look alike have one place, so that they cannot both be taken. */
export interface ArtifactPlace {
  readonly uri: string;
  readonly pluginId: string;
  readonly path: string;
  /** Below the prefix of heads, data and marks: `<pluginId>/<hash of the folded path>`. Plain ASCII, whatever the path is. */
  readonly slot: string;
}

/** Checks a key, and finds its place. `ERR_INVALID_ARGUMENT` for the plugin, `ERR_ARTIFACT_PATH_INVALID` for the path. */
export function placeOf(key: ArtifactKey): ArtifactPlace {
  const { pluginId, path } = key;
  const uri = artifactUri({ pluginId, path });
  const hash = createHash('sha256').update(foldPath(path)).digest('hex');
  return { uri, pluginId, path, slot: `${pluginId}/${hash}` };
}

/** The names of the objects of a store. */
export interface ObjectKeys {
  /** The one object that says what the artifact is. It is written last, and under a condition. */
  readonly head: (slot: string) => string;
  /** The bytes of one version, never written twice. Without an id: the prefix of all of them. */
  readonly data: (slot: string, id?: string) => string;
  /** Says that somebody is at work on a slot, and outlives a writer that dies. */
  readonly mark: (slot: string, id: string) => string;
  /** The prefix of all marks. */
  readonly marks: string;
  /** The slot of a mark; `undefined` for what is none. */
  readonly slotOfMark: (key: string) => string | undefined;
  /** A key that nobody else uses. */
  readonly probe: (id: string) => string;
}

const SLOT = /^((?:@[^/]+\/)?[^/]+\/[0-9a-f]{64})\/[^/]+$/;

/** The layout below a prefix: `heads/`, `data/` and `open/`. No plugin id begins with a dot, so `.probe` is free. */
export function objectKeys(prefix: string): ObjectKeys {
  const marks = `${prefix}open/`;
  return {
    head: (slot) => `${prefix}heads/${slot}`,
    data: (slot, id = '') => `${prefix}data/${slot}/${id}`,
    mark: (slot, id) => `${marks}${slot}/${id}`,
    marks,
    slotOfMark: (key) => (key.startsWith(marks) ? SLOT.exec(key.slice(marks.length))?.[1] : undefined),
    probe: (id) => `${marks}.probe/${id}`,
  };
}
