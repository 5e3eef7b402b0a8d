import { createMemoryArtifactStore } from '@kb-labs/artifacts';
import type { ArtifactAccess, OperationRecord, PermissionSpec, WatchableArtifactStore } from '@kb-labs/contracts';
import type { HostApiOptions } from '../../src/index.js';
import { makeFolder, openHost } from '../open-host.js';
import type { OpenHost } from '../open-host.js';
import { createSmallBroker } from './small-broker.js';

export interface ArtifactHost extends OpenHost {
  readonly access: ArtifactAccess;
  readonly store: WatchableArtifactStore;
  readonly operations: OperationRecord[];
}

export interface ArtifactHostOptions {
  readonly quotas?: PermissionSpec['quotas'];
  readonly host?: Partial<HostApiOptions>;
  /** Stands between the host API and the broker. */
  readonly between?: (access: ArtifactAccess) => ArtifactAccess;
}

/** May read all of its own but `secret/`, and `shared/` of another plugin; may write all of its own but `fixed/`. */
const RULES = {
  read: ['@acme/report/out/', '@acme/report/fixed/', '@acme/other/shared/'],
  write: ['@acme/report/out/', '@acme/report/secret/'],
};

/** A host API over a real broker and a real store. */
export function openArtifactHost({ quotas, host, between }: ArtifactHostOptions = {}): ArtifactHost {
  const store = createMemoryArtifactStore();
  const broker = createSmallBroker(store, RULES);
  const access = between === undefined ? broker : between(broker);
  const operations: OperationRecord[] = [];
  const opened = openHost(
    makeFolder(),
    { quotas: quotas ?? null },
    { operations: (record) => operations.push(record), ...host, artifacts: access },
  );
  return { ...opened, access, store, operations };
}

/** Puts an artifact there without asking anybody. */
export async function putThere(
  store: WatchableArtifactStore,
  path: string,
  text: string,
  pluginId = '@acme/report',
): Promise<void> {
  await store.put({ pluginId, path }, new TextEncoder().encode(text), {
    contentType: 'text/plain',
    maxBytes: 100_000_000,
    signal: new AbortController().signal,
  });
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
