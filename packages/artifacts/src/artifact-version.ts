import { createError } from '@kb-labs/contracts';
import type { ArtifactInfo } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';
import { semver } from './late-semver.js';

const MAX_LENGTH = 256;

/** Says whether a text is a semantic version as its standard spells it: no `v`, no blanks. */
export function isSemver(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= MAX_LENGTH && /^\d\S*$/.test(value) && semver().valid(value) !== null
  );
}

/** Throws `ERR_INVALID_ARGUMENT` for what is neither absent nor a semantic version. */
export function assertSemver(name: string, value: unknown): void {
  if (value === undefined || isSemver(value)) return;
  throw createError('ERR_INVALID_ARGUMENT', `${name} is ${quote(value)}, not a semantic version`, {
    hint: 'write all three numbers, as in 1.2.3',
  });
}

/** Whether an artifact is at least as new. One without a version, or with one that is none, never is. */
export function isNewEnough({ version }: Pick<ArtifactInfo, 'version'>, minVersion: string | undefined): boolean {
  return minVersion === undefined || (isSemver(version) && semver().gte(version, minVersion));
}
