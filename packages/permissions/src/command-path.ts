import { posix, win32 } from 'node:path';

const MAX_UNITS = 4096;

/** Whether a text is an absolute, normalised path, of either kind of platform, that can be the name of a file. */
export function isCommandPath(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MAX_UNITS || /[\p{Cc}\p{Cs}]/u.test(text)) return false;
  const rules = text.startsWith('/') ? posix : win32;
  const isAbsolute = rules === posix || /^[a-z]:\\/i.test(text);
  return isAbsolute && rules.normalize(text) === text && !text.endsWith(rules.sep);
}
