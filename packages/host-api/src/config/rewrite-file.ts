import { createError } from '@kb-labs/contracts';
import type { QuotaMeter } from '@kb-labs/contracts';
import type { CallContext } from '../host-function.js';
import { readWhole, writeAll } from '../fs/file-bytes.js';
import type { Place } from '../fs/file-tree.js';
import { createErrno } from '../fs/io-error.js';
import type { EntryStats, OpenFile } from '../fs/open-directory.js';
import { openFile } from '../fs/open-file.js';
import { replaceFile } from '../fs/replace-file.js';
import { chargeWrite } from '../fs/write-file.js';

/** How often somebody else may be faster. */
const MAX_ATTEMPTS = 64;

/** What a file is to become, and whom that is charged to. */
export interface Rewriting {
  readonly meter: QuotaMeter;
  readonly context: Pick<CallContext, 'signal' | 'closing'>;
  /** What the file may have, before and after. */
  readonly maxBytes: number;
  /** The new text, or `undefined` to leave the file alone. Is handed `undefined` where there is none. */
  edit(text: string | undefined): string | undefined;
}

/** What a file held, and holds now. */
export interface Rewritten {
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array;
}

/**
 * Reads a file of text, and replaces it whole with what was made of it, or not at all: a file that somebody else changed meanwhile is
 * read anew. Resolves with `undefined` where nothing was to be changed, and nothing was written. Throws `EBUSY` after 64 attempts.
 */
export async function rewriteFile(place: Place, rewriting: Rewriting): Promise<Rewritten | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    try {
      return await rewriteOnce(place, rewriting);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhileError)) throw error;
    }
  }
  throw createErrno('EBUSY');
}

class ChangedMeanwhileError extends Error {
  override readonly name = 'ChangedMeanwhileError';
}

async function rewriteOnce(
  place: Place,
  { meter, context, maxBytes, edit }: Rewriting,
): Promise<Rewritten | undefined> {
  // Held open until the end: its number cannot be given to another file, so the same number means the same file.
  using file = openIfThere(place);
  const limits = { meter, maxBytes };
  const before = file === undefined ? undefined : await readWhole(file, limits, context);
  const text = edit(before === undefined ? undefined : decode(before));
  if (text === undefined) return undefined;
  const after = new TextEncoder().encode(text);
  if (after.byteLength > maxBytes) throw createSizeError(after.byteLength, maxBytes);
  using charges = chargeWrite(meter, after.byteLength);
  await replaceFile(place, context, {
    fill: (temporary) => writeAll(temporary, after, context),
    confirm: (standing) => requireSame(file?.stats, standing),
  });
  charges.commit();
  return { before, after };
}

function openIfThere(place: Place): OpenFile | undefined {
  return place.directory.look(place.name) === undefined ? undefined : openFile(place, 'read');
}

function requireSame(read: EntryStats | undefined, standing: EntryStats | undefined): void {
  const isSame =
    read?.dev === standing?.dev &&
    read?.ino === standing?.ino &&
    read?.size === standing?.size &&
    read?.mtimeNs === standing?.mtimeNs;
  if (!isSame) throw new ChangedMeanwhileError();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw createError('ERR_INVALID_ARGUMENT', 'ensureSection: the file is refused: it is no UTF-8', {
      details: { function: 'ensureSection' },
      hint: 'save the file as UTF-8',
      cause: error,
    });
  }
}

function createSizeError(bytes: number, limit: number): Error {
  return createError(
    'ERR_INVALID_ARGUMENT',
    `ensureSection: the file would have ${bytes} bytes, and may have ${limit}`,
    {
      details: { function: 'ensureSection', used: bytes, limit },
      hint: 'keep what is large in a file of its own',
    },
  );
}
