import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'the host itself may not',
  EBUSY: 'it is in use, or something in it changes',
  EEXIST: 'it exists already',
  EFBIG: 'the file would be too big',
  EISDIR: 'it is a directory',
  EMFILE: 'the host has too many open files',
  ENAMETOOLONG: 'a name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a directory is needed, and this is none',
  ENOTEMPTY: 'the directory is not empty',
  EPERM: 'the host itself may not',
  EROFS: 'the file system is read-only',
  EXDEV: 'both ends must be on one device',
};

/** Says what the operating system refused, by its code and with the path as the plugin wrote it: never a path of the host's. */
export function createIoError(action: string, asWritten: string, errno: string): PluginError {
  const sentence = SENTENCES[errno] ?? 'the operating system refused';
  const path = asWritten.slice(0, 1024);
  return createError('ERR_IO_FAILED', `${action} ${path}: ${sentence} (${errno})`, { details: { errno, path } });
}

/** The system's code of a caught value (`ENOENT`), or `undefined` where it has none. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]{1,31}$/u.test(error.code) ? error.code : undefined;
}

/** An error as the system would have made it, where we must say no before it can. */
export function createErrno(code: string): Error {
  return Object.assign(new Error(code), { code });
}
