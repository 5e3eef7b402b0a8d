import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactQuery,
  ArtifactReadOptions,
  ArtifactWaitOptions,
  ArtifactWriteOptions,
} from './artifacts.js';

/** What a guest may know of an artifact: all but where it lies. */
export type GuestArtifactInfo = Omit<ArtifactInfo, 'location'>;

/** An artifact on its way into the guest. Nothing of `body` is read before it is asked for. */
export interface GuestArtifactStream {
  readonly info: GuestArtifactInfo;
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * Artifacts through the gate, by URI: `artifact://<pluginId>/<path>`, `artifact://self/<path>`, or a bare path of the plugin's own. What
 * is written comes back exactly: strings as UTF-8, bytes as they are, all else as JSON.
 */
export interface GuestArtifacts {
  read(uri: string, options?: ArtifactReadOptions & { readonly as?: undefined }): Promise<Uint8Array>;
  read(uri: string, options: ArtifactReadOptions & { readonly as: 'text' }): Promise<string>;
  read(uri: string, options: ArtifactReadOptions & { readonly as: 'json' }): Promise<unknown>;
  readStream(uri: string, options?: ArtifactReadOptions): Promise<GuestArtifactStream>;
  write(uri: string, data: unknown, options?: ArtifactWriteOptions): Promise<GuestArtifactInfo>;
  /** Nothing is seen of it before the stream has ended. */
  writeStream(
    uri: string,
    body: AsyncIterable<Uint8Array | string>,
    options?: ArtifactWriteOptions,
  ): Promise<GuestArtifactInfo>;
  list(query?: ArtifactQuery): Promise<readonly GuestArtifactInfo[]>;
  stat(uri: string, options?: ArtifactReadOptions): Promise<GuestArtifactInfo | undefined>;
  wait(uri: string, options?: ArtifactWaitOptions): Promise<GuestArtifactInfo>;
  delete(uri: string, options?: ArtifactDeleteOptions): Promise<boolean>;
  copy(from: string, to: string, options?: ArtifactWriteOptions): Promise<GuestArtifactInfo>;
}
