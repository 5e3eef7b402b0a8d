import { createError, MAX_ISSUES } from '@kb-labs/contracts';
import type { Issue, PluginError } from '@kb-labs/contracts';

/** Whose document is wrong: a host's options and grants, or a plugin's manifest. */
export type ConfigErrorCode = 'ERR_CONFIG_INVALID' | 'ERR_MANIFEST_INVALID';

/** Says what is wrong with a document and where. `details.issues` has the first ten; `count` tells how many there are in all. */
export function configError(
  code: ConfigErrorCode,
  issues: readonly Issue[],
  count: number = issues.length,
): PluginError {
  const shown = issues.slice(0, MAX_ISSUES);
  const [first] = shown;
  const where = first === undefined || first.pointer === '' ? 'at the top' : `at ${first.pointer}`;
  const rest = count > 1 ? ` (and ${count - 1} more)` : '';
  return createError(code, `${where}: ${first?.message ?? 'is invalid'}${rest}`, {
    details: { pointer: first?.pointer ?? '', issues: shown },
    // One issue says itself what to write.
    ...(count > 1 ? { hint: `details.issues has ${shown.length} of them, each with its pointer` } : {}),
  });
}

/** Joins a pointer and a key, escaped as RFC 6901 says. */
export function joinPointer(pointer: string, ...keys: readonly (string | number)[]): string {
  return keys.reduce<string>((path, key) => `${path}/${escapeKey(String(key))}`, pointer);
}

function escapeKey(key: string): string {
  const short = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  return short
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '\u{FFFD}');
}
