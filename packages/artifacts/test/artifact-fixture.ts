import type { ArtifactInfo, ArtifactKey, ArtifactPutOptions, ArtifactStore, Clock } from '@kb-labs/contracts';
import { expect } from 'vitest';

export const clock: Clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };
export const key: ArtifactKey = { pluginId: '@acme/review', path: 'reports/2026.md' };

export function putOptions(options: Partial<ArtifactPutOptions> = {}): ArtifactPutOptions {
  return {
    contentType: 'text/plain',
    maxBytes: 1e6,
    signal: new AbortController().signal,
    ...options,
  };
}

export async function readAll(store: ArtifactStore, of: ArtifactKey = key): Promise<string | undefined> {
  const stored = await store.get(of, new AbortController().signal);
  if (stored === undefined) return undefined;
  return Buffer.concat(await collect(stored.body)).toString();
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function listAll(store: ArtifactStore, pluginId: string = key.pluginId): Promise<ArtifactInfo[]> {
  return collect(store.list(pluginId));
}

export const code = (value: string): unknown => expect.objectContaining({ code: value });
