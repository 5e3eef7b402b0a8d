import { realpathSync, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { HandlerModule, PluginError } from '@kb-labs/contracts';

/** A handler as it is written: a file below the plugin's root and one of its exports. */
export interface HandlerReference {
  /** `./dir/file.js`, without `.` or `..` segments. */
  readonly file: string;
  readonly export: string;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);
const FORBIDDEN_EXPORTS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_LENGTH = 1024;

/** How a reference may look, for JSON Schema. `parseHandlerReference` is stricter. */
export const HANDLER_REFERENCE_PATTERN: RegExp =
  /^\.\/(?:[^/\\?#%:\p{Cc}]+\/)*[^/\\?#%:\p{Cc}]+\.[cm]?[jt]s#[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Parses `./file.js#export`. Throws `ERR_HANDLER_NOT_FOUND` for anything else, and looks at no file. */
export function parseHandlerReference(text: string): HandlerReference {
  const hash = text.indexOf('#');
  if (hash === -1) throw notFound(text, 'it names no export');
  return checkHandlerReference({ file: text.slice(0, hash), export: text.slice(hash + 1) });
}

/** Accepts a reference in two parts under the same rules. */
export function checkHandlerReference(reference: HandlerReference): HandlerReference {
  const written = `${reference.file}#${reference.export}`;
  const problem = problemWith(reference, written);
  if (problem !== undefined) throw notFound(written, problem);
  return { file: reference.file, export: reference.export };
}

/**
 * Finds the real file. `root` is the plugin's real root; a link that leads out of it, a folder and a device are
 * `ERR_HANDLER_NOT_FOUND`, and the message never tells which, nor a host path.
 */
export async function locateHandler(reference: HandlerReference, root: string): Promise<HandlerModule> {
  const written = `${reference.file}#${reference.export}`;
  const file = await realFile(join(root, reference.file));
  if (file === undefined || !isBelow(file, root)) throw notFound(written, 'there is no such file in the plugin');
  // A link may have led to a file of another kind.
  if (!EXTENSIONS.has(extname(file))) throw notFound(written, 'it is not a module that can be loaded');
  return { file, export: reference.export };
}

/** A path as it was put together from what is written, and where it led. */
export interface Way {
  readonly path: string;
  readonly real: string;
  readonly kind: 'file' | 'folder';
}

/**
 * Whether a path still leads where it did. Asks the disk at once, which takes some microseconds; a turn of the thread pool takes a hundred.
 */
export function leadsOn({ path, real, kind }: Way): boolean {
  try {
    return realpathSync.native(path) === real && (kind === 'folder' || statSync(real).isFile());
  } catch {
    // Gone, or out of reach.
    return false;
  }
}

/** Whether a real path lies below a real folder. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && join(folder, way) === path;
}

function problemWith(reference: HandlerReference, written: string): string | undefined {
  if (written.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  if (!written.isWellFormed()) return 'it is not well-formed text';
  if (FORBIDDEN_EXPORTS.has(reference.export)) return 'that export is never a handler';
  if (
    reference.file
      .split('/')
      .slice(1)
      .some((segment) => segment === '.' || segment === '..')
  ) {
    return 'it has a "." or ".." segment';
  }
  return HANDLER_REFERENCE_PATTERN.test(written) ? undefined : 'it is not of the form ./file.js#export';
}

async function realFile(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isFile() ? real : undefined;
  } catch {
    // Missing, not readable or a loop of links: for the caller it is not there.
    return undefined;
  }
}

function notFound(written: string, problem: string): PluginError {
  const shown = written.slice(0, 256);
  return createError('ERR_HANDLER_NOT_FOUND', `there is no handler ${JSON.stringify(shown)}: ${problem}`, {
    details: { handler: shown },
    hint: 'write ./file.js#export, relative to the plugin root (.js, .mjs, .cjs, .ts, .mts or .cts), or the name of a handler in the manifest',
  });
}
