import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { createError, isPluginError } from '@kb-labs/contracts';
import { createQuotaMeter, DEFAULT_QUOTAS } from '@kb-labs/permissions';
import { openDisk } from '../fs/disk-directory.js';
import { createIoError, errnoOf } from '../fs/io-error.js';
import { DiskRefusedError } from '../fs/open-directory.js';
import { applySection } from './apply-section.js';
import { rewriteFile } from './rewrite-file.js';
import { parseUnknownSection } from './section.js';
import type { ConfigSection } from './section.js';

const MAX_FILE_BYTES = 4 * 1_048_576;

/**
 * Sees to it that a JSON file of the host's own has a value at a JSON pointer, as `ctx.config` does for guests, but asks no policy.
 * Whole or not at all, keeping mode and layout. Links are followed to the folder, but the file itself must be none
 * (`ERR_PERMISSION_DENIED`). Throws `ERR_INVALID_ARGUMENT` for what is no JSON, `ERR_OUTPUT_EXCEEDED` above 4 MiB, `ERR_IO_FAILED`.
 */
export async function ensureSection(file: string, section: ConfigSection): Promise<{ readonly changed: boolean }> {
  const parsed = parseUnknownSection(section);
  const never = new AbortController().signal;
  try {
    const root = await realpath(dirname(file));
    using directory = openDisk({ root, sameDevice: false, platform: process.platform });
    const rewritten = await rewriteFile(
      { directory, name: basename(file), [Symbol.dispose]: () => undefined },
      {
        meter: createQuotaMeter(DEFAULT_QUOTAS),
        context: { signal: never, closing: never },
        maxBytes: MAX_FILE_BYTES,
        edit: (text) => applySection(text, parsed),
      },
    );
    return { changed: rewritten !== undefined };
  } catch (error) {
    if (isPluginError(error)) throw error;
    throw error instanceof DiskRefusedError ? createRefusal(file, error) : createFailure(file, error);
  }
}

function createRefusal(file: string, { refusal }: DiskRefusedError): Error {
  return createError('ERR_PERMISSION_DENIED', `ensureSection: ${file} is not changed: ${refusal}`, {
    details: { reason: refusal },
    hint: 'name a regular file that has one name and is no link',
  });
}

function createFailure(file: string, error: unknown): unknown {
  const errno = errnoOf(error);
  return errno === undefined ? error : createIoError('change', file, errno);
}
