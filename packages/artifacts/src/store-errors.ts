import { createError, isPluginError } from '@kb-labs/contracts';
import type { ArtifactInfo, PluginError } from '@kb-labs/contracts';

const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'free space where the artifacts lie'],
  ['EDQUOT', 'raise the disk quota of the user that the host runs as'],
  ['EACCES', 'let the user that the host runs as write the folder of the artifacts'],
  ['EPERM', 'the folder of the artifacts must allow new files, renames and hard links'],
  ['EROFS', 'put the artifacts on a file system that can be written'],
  ['EMFILE', 'raise the limit of open files, or write fewer artifacts at once'],
]);

/** What an operating system called its error, `undefined` for any other thrown value. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns whatever a file operation threw into `ERR_IO_FAILED` with the name of the system's error; ours pass as they are. */
export function toStoreError(error: unknown, uri: string): PluginError {
  if (isPluginError(error)) return error;
  const errno = errnoOf(error);
  const hint = HINTS.get(errno ?? '');
  return createError('ERR_IO_FAILED', `the store failed on ${uri}${errno === undefined ? '' : `: ${errno}`}`, {
    details: { uri, errno },
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

const WAYS_OUT = {
  replace: { doing: 'written', hint: 'use another name, or leave ifNoneMatch out to replace it' },
  rename: { doing: 'written', hint: 'use another name, or delete what has this one' },
  'same-spelling': { doing: 'written', hint: 'use the spelling that is there, or a name that differs by more' },
  templates: { doing: 'written', hint: 'give each artifact a pathTemplate of its own' },
  'look-up': { doing: 'written', hint: 'look the artifact up again, and decide with its new etag' },
  'look-up-to-delete': { doing: 'deleted', hint: 'look the artifact up again, and decide with its new etag' },
  'look-up-to-read': { doing: 'read', hint: 'look the artifact up again' },
  later: { doing: 'changed', hint: 'try again later' },
} as const;

/** What somebody may do who met a conflict. */
export type WayOut = keyof typeof WAYS_OUT;

/** `ERR_ARTIFACT_CONFLICT`: the name is taken, by whom the reason says, or what was looked up has changed. */
export function conflict(uri: string, reason: string, wayOut: WayOut): PluginError {
  const { doing, hint } = WAYS_OUT[wayOut];
  return createError('ERR_ARTIFACT_CONFLICT', `${uri} cannot be ${doing}: ${reason}`, {
    details: { uri, reason },
    hint,
  });
}

/** `ERR_ARTIFACT_CORRUPT`: what lies there is not what was written. */
export function corrupt(uri: string, reason: string): PluginError {
  return createError('ERR_ARTIFACT_CORRUPT', `${uri} is damaged: ${reason}`, {
    details: { uri, reason },
    hint: 'delete the artifact, and write it again',
  });
}

/** `ERR_PERMISSION_DENIED`: a link stands where the store expects what it made itself. */
export function linkInTheWay(name: string): PluginError {
  return createError('ERR_PERMISSION_DENIED', `the artifact store follows no links, and "${name}" is one`, {
    details: { name },
    hint: 'remove the link, or give the store the real folder',
  });
}

/** `ERR_ARTIFACT_NOT_FOUND`: there is none, or none that is new enough. */
export function notFound(
  uri: string,
  versions?: { minVersion: string | undefined; version: string | undefined },
): PluginError {
  if (versions === undefined) {
    return createError('ERR_ARTIFACT_NOT_FOUND', `there is no ${uri}`, { details: { uri } });
  }
  const { minVersion, version } = versions;
  const has = version === undefined ? 'has no version' : `has the version ${version}`;
  return createError('ERR_ARTIFACT_NOT_FOUND', `${uri} ${has}, and ${minVersion} is the oldest that will do`, {
    details: { uri, minVersion, version },
    hint: 'wait for a newer one, or ask for an older minVersion',
  });
}

/** `ERR_ARTIFACT_EXPIRED`: it was there, and its time is over. */
export function expired({ uri, expiresAt }: Pick<ArtifactInfo, 'uri' | 'expiresAt'>): PluginError {
  return createError('ERR_ARTIFACT_EXPIRED', `${uri} has expired`, {
    details: { uri, expiresAt },
    hint: 'write it again, with a longer ttlMs',
  });
}

/** `ERR_ARTIFACT_TOO_LARGE`: it is more than the writer or the store allows. */
export function tooLarge(limit: number): PluginError {
  return createError('ERR_ARTIFACT_TOO_LARGE', `the artifact is larger than ${limit} bytes`, {
    details: { limit },
    hint: 'write less, or raise maxBytes',
  });
}

/** `ERR_ARTIFACT_TOO_LARGE`: it fits in no answer. */
export function tooLargeToRead(uri: string, limit: number): PluginError {
  return createError(
    'ERR_ARTIFACT_TOO_LARGE',
    `${uri} has more than ${limit} bytes, which is too much to read at once`,
    {
      details: { uri, limit },
      hint: 'use readStream, or raise maxBytes',
    },
  );
}
