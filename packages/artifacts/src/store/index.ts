// What the stores of this package are made of, for the authors of others.
export { foldPath, parseArtifactKey, parsePluginId } from '../artifact-path.js';
export { drainBody, piecesOf } from '../body.js';
export type { ArtifactBody, BodySum } from '../body.js';
export { assertMayDelete, assertMayPut, isExpired } from '../condition.js';
export type { Standing } from '../condition.js';
export { isPossibleArtifact } from '../possible-artifact.js';
export type { ClaimedArtifact } from '../possible-artifact.js';
export { assertDeleteOptions, assertPutOptions } from '../put-options.js';
export { conflict, corrupt, tooLarge } from '../store-errors.js';
export type { WayOut } from '../store-errors.js';
export { abortError, throwIfAborted } from '../until-aborted.js';
