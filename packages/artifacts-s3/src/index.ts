// The public names of this package, one by one.
export type { S3Calls } from './s3-calls.js';
export { createS3ArtifactStore } from './s3-store.js';
export type { S3ArtifactStoreOptions } from './store-options.js';
