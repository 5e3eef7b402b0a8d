import { ArtifactBroker, createMemoryArtifactStore } from '@kb-labs/artifacts';
import type {
  ArtifactAccess,
  ArtifactRules,
  OperationRecord,
  PermissionSpec,
  WatchableArtifactStore,
} from '@kb-labs/contracts';
import type { HostApiOptions } from '../../src/index.js';
import { makeFolder, openHost } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

export interface ArtifactHost extends OpenHost {
  readonly access: ArtifactAccess;
  readonly store: WatchableArtifactStore;
  readonly operations: OperationRecord[];
}

export interface ArtifactHostOptions {
  readonly quotas?: PermissionSpec['quotas'];
  readonly host?: Partial<HostApiOptions>;
  /** Default: one in memory. */
  readonly store?: WatchableArtifactStore;
  /** Stands between the host API and the broker. */
  readonly between?: (access: ArtifactAccess) => ArtifactAccess;
}

/** May read all of its own but `secret/`, and `shared/` of another plugin; may write all of its own but `fixed/`. */
const RULES: ArtifactRules = {
  read: [
    { from: 'self', paths: ['out/**', 'fixed/**'] },
    { from: '@acme/other', paths: ['shared/**'] },
  ],
  write: [{ paths: ['out/**', 'secret/**'] }],
};

/** A host API over a real broker and a real store. */
export function openArtifactHost(options: ArtifactHostOptions = {}): ArtifactHost {
  const { quotas, host, between, store = createMemoryArtifactStore() } = options;
  const broker = new ArtifactBroker({ store, pluginId: '@acme/report', rules: [RULES] });
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

/** All methods of an access, so that one can be put in the place of another. */
export function bound(access: ArtifactAccess): ArtifactAccess {
  return {
    readStream: (...args) => access.readStream(...args),
    writeStream: (...args) => access.writeStream(...args),
    list: (...args) => access.list(...args),
    stat: (...args) => access.stat(...args),
    delete: (...args) => access.delete(...args),
    wait: (...args) => access.wait(...args),
    copy: (...args) => access.copy(...args),
  };
}
