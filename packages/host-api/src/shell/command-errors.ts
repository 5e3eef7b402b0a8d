import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

const SENTENCES: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments are too long',
  EACCES: 'the host itself may not run it',
  EAGAIN: 'the system has no room for another process',
  EMFILE: 'the host has too many open files',
  ENOENT: 'no such file, or what loads it is not there',
  ENOEXEC: 'it is no program of this machine',
  ENOMEM: 'the system has no memory left',
  ENOTDIR: 'no such file',
  EPERM: 'the host itself may not run it',
  ESTALE: 'a folder that it may see was exchanged while it was started',
  ETXTBSY: 'it is being written',
};

/** Says why a command did not start, by the system's code and the path as the plugin wrote it. */
export function createStartError(asWritten: string, errno: string): PluginError {
  const path = asWritten.slice(0, 1024);
  if (errno === 'EFENCE') {
    return createError(
      'ERR_SANDBOX_CRASHED',
      `run ${path}: the wall around it was not put up, or it did not start there`,
      {
        details: { path },
        hint: 'let the host name in "readable" what the command needs besides /usr, and see whether bubblewrap works',
      },
    );
  }
  const sentence = SENTENCES[errno] ?? 'the operating system refused';
  return createError('ERR_IO_FAILED', `run ${path}: ${sentence} (${errno})`, { details: { errno, path } });
}

/** What a call gets whose command took too long. */
export function createCommandTimeoutError(elapsed: number, limit: number): PluginError {
  return createError('ERR_TIMEOUT', `the command took longer than ${limit} ms, and was ended`, {
    details: { elapsed: Math.round(elapsed), limit },
    hint: 'do less in one command; the host sets how long one may take',
  });
}

/** What a call gets whose command wrote too much. */
export function createCommandOutputError(limit: number): PluginError {
  return createError('ERR_OUTPUT_EXCEEDED', `the command wrote more than ${limit} bytes, and was ended`, {
    details: { limit },
    hint: 'let the command write less, or into a file',
  });
}
