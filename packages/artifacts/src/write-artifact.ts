import { randomUUID } from 'node:crypto';
import type { ArtifactInfo, ArtifactWriteOptions } from '@kb-labs/contracts';
import type { ArtifactBroker } from './artifact-broker.js';
import { extensionOf } from './encode-data.js';

/** How `writeArtifact` keeps what it is handed. */
export type WriteArtifactOptions = ArtifactWriteOptions & {
  /** Default: `<time>-<uuid>` with `.txt`, `.json` or `.bin`, which nothing else has. */
  readonly path?: string;
};

/** Writes a string, bytes or plain data in one line, under a new name where none is given. Throws what `ArtifactBroker.write` throws. */
export async function writeArtifact(
  broker: ArtifactBroker,
  data: unknown,
  { path, ...options }: WriteArtifactOptions = {},
): Promise<ArtifactInfo> {
  if (path !== undefined) return broker.write(path, data, options);
  // Without colons, which Windows does not take in a file name.
  const time = new Date(broker.clock.now()).toISOString().replaceAll(/[-:.]/gu, '');
  const name = `${time}-${randomUUID()}${extensionOf(data)}`;
  return broker.write(name, data, options.ifMatch === undefined ? { ...options, ifNoneMatch: '*' } : options);
}
