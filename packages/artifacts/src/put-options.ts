import { createError } from '@kb-labs/contracts';
import type { ArtifactDeleteOptions, ArtifactPutOptions, PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';

const CONTENT_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *;[\t\x20-\x7e]*)?$/;
// Also what a header of a remote store can hold.
const VERSION = /^[!-~]{1,256}$/;
const MAX_ETAG = 1024;

/** Checks what a store is told of a new artifact. Throws `ERR_INVALID_ARGUMENT`. */
export function assertPutOptions(options: ArtifactPutOptions): void {
  const { contentType, maxBytes, ifMatch, ifNoneMatch, version, schemaVersion, expiresAt, signal } = options;
  assertContentType(contentType);
  if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) throw wrong('maxBytes is not a number of bytes, zero or more');
  assertEtag(ifMatch);
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw wrong(`ifNoneMatch is ${quote(ifNoneMatch)}, not "*"`);
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw wrong('ifMatch and ifNoneMatch exclude each other');
  assertVersionText('version', version);
  assertVersionText('schemaVersion', schemaVersion);
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt >= 0)) {
    throw wrong('expiresAt is not a time in whole milliseconds since the epoch');
  }
  if (!(signal instanceof AbortSignal)) throw wrong('signal is not an AbortSignal');
}

/** Checks which version a store is to delete. Throws `ERR_INVALID_ARGUMENT`. */
export function assertDeleteOptions({ ifMatch }: ArtifactDeleteOptions): void {
  assertEtag(ifMatch);
}

/** Checks a media type with or without parameters. Throws `ERR_INVALID_ARGUMENT`. */
export function assertContentType(value: unknown): void {
  if (typeof value === 'string' && value.length <= 255 && CONTENT_TYPE.test(value)) return;
  throw wrong(`${quote(value)} is not a content type such as text/plain`);
}

function assertEtag(value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= MAX_ETAG)) return;
  throw wrong(`ifMatch is ${quote(value)}, not the etag of an artifact`);
}

/** Checks what a version may be written as. Throws `ERR_INVALID_ARGUMENT`. */
export function assertVersionText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && VERSION.test(value))) return;
  throw wrong(`${name} is ${quote(value)}, not a version such as 1.2.3`);
}

function wrong(message: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', message);
}
