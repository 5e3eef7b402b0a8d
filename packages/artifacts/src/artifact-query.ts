import { createError } from '@kb-labs/contracts';
import type { ArtifactInfo, ArtifactQuery, PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';
import { assertSemver, isNewEnough } from './artifact-version.js';
import { assertKnownOptions } from './broker-options.js';
import { isExpired } from './condition.js';
import { matchesPath, parsePathGlob } from './path-glob.js';

const MAX_LIMIT = 1_000;
const OPTIONS = ['from', 'glob', 'status', 'minVersion', 'limit', 'signal'];
const STATUSES = new Set(['ready', 'expired', 'all']);

/** A query that has been checked. */
export interface CompiledQuery {
  readonly limit: number;
  matches(info: ArtifactInfo): boolean;
}

/** Checks which artifacts to list, all but whose. Throws `ERR_INVALID_ARGUMENT`. */
export function parseQuery(query: ArtifactQuery, now: number): CompiledQuery {
  assertKnownOptions(query, OPTIONS);
  const { glob = '**', status = 'ready', minVersion, limit = MAX_LIMIT } = query;
  const paths = parsePathGlob(glob);
  if (typeof paths === 'string') throw wrong(`${quote(glob)} is no glob: ${paths}`);
  if (!STATUSES.has(status)) throw wrong(`status is ${quote(status)}, not "ready", "expired" or "all"`);
  if (!Number.isSafeInteger(limit) || limit < 0 || limit > MAX_LIMIT) {
    throw wrong(`limit is not a whole number from 0 to ${MAX_LIMIT}`);
  }
  assertSemver('minVersion', minVersion);
  return {
    limit,
    matches: (info) =>
      (status === 'all' || isExpired(info, now) === (status === 'expired')) &&
      matchesPath(paths, info.path) &&
      isNewEnough(info, minVersion),
  };
}

function wrong(message: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', message);
}
