import { createError, isPluginId } from '@kb-labs/contracts';
import { semver } from './late-semver.js';

/** Characters of a semver range: long ones are slow to parse (CVE-2022-25883). */
export const MAX_RANGE: number = 256;

/** A plugin as a request names it. */
export interface PluginName {
  readonly id: string;
  /** A semver range; `*` where none is written. */
  readonly range: string;
}

/** Parses `id`, `id@range` or `@scope/id@range`. Throws `ERR_CONFIG_INVALID`: the host wrote it. */
export function parsePluginName(text: string): PluginName {
  const at = text.indexOf('@', 1);
  const id = at === -1 ? text : text.slice(0, at);
  const range = at === -1 ? '*' : text.slice(at + 1);
  if (isPluginId(id) && range !== '' && range.length <= MAX_RANGE && semver().validRange(range) !== null)
    return { id, range };
  throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(text.slice(0, 256))} does not name a plugin`, {
    details: { pointer: '/plugin' },
    hint: 'write an id, or an id and a semver range: acme-review, @acme/review@^1.2.0',
  });
}
