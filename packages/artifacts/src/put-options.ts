import { createError } from '@kb-labs/contracts';
import type { ArtifactPutOptions } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';

const CONTENT_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *;[\t\x20-\x7e]*)?$/;

/** Checks what a store is told of a new artifact. Throws `ERR_INVALID_ARGUMENT`. */
export function assertPutOptions(options: ArtifactPutOptions): void {
  const { contentType, maxBytes, ifExists } = options;
  if (typeof contentType !== 'string' || contentType.length > 255 || !CONTENT_TYPE.test(contentType)) {
    throw createError('ERR_INVALID_ARGUMENT', `${quote(contentType)} is not a content type such as text/plain`);
  }
  if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
    throw createError('ERR_INVALID_ARGUMENT', 'maxBytes is not a number of bytes, zero or more');
  }
  if (ifExists !== 'replace' && ifExists !== 'fail') {
    throw createError('ERR_INVALID_ARGUMENT', `ifExists is ${quote(ifExists)}, not "replace" or "fail"`);
  }
}
