// The public names of this package, one by one.
export { ArtifactBroker } from './artifact-broker.js';
export type { ArtifactBrokerOptions, ArtifactDataOptions } from './artifact-broker.js';
export { parseArtifactPath } from './artifact-path.js';
export { artifactUri, parseArtifactUri } from './artifact-uri.js';
export { checkArtifactDeclaration } from './declaration.js';
export { writeDeclaredArtifacts } from './declared-artifacts.js';
export type { WriteDeclaredArtifactsOptions } from './declared-artifacts.js';
export { createFileArtifactStore } from './file-store.js';
export type { FileArtifactStoreOptions } from './file-store.js';
export { createMemoryArtifactStore } from './memory-store.js';
export type { MemoryArtifactStoreOptions } from './memory-store.js';
export { createOverlayStore } from './overlay-store.js';
export type { OverlayStoreOptions } from './overlay-store.js';
export { parsePathTemplate, renderPathTemplate } from './path-template.js';
export type { PathTemplate, PathTemplateOptions } from './path-template.js';
export { selectArtifact } from './select-artifact.js';
export { writeArtifact } from './write-artifact.js';
export type { WriteArtifactOptions } from './write-artifact.js';
