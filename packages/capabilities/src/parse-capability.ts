import { createError, showName } from '@kb-labs/contracts';
import { nameProblem } from './capability-name.js';
import type { CapabilityProblem } from './capability-name.js';
import { semver } from './late-semver.js';

const MAX_RANGE = 256;

/** A capability as a plugin requires it. */
export interface Capability {
  readonly name: string;
  /** A semver range, as written; `undefined` takes any version. */
  readonly range: string | undefined;
}

/** What came of reading a capability. */
export type CapabilityResult =
  | { readonly ok: true; readonly capability: Capability }
  | { readonly ok: false; readonly reason: CapabilityProblem };

/** Reads `name` or `name@range`. Throws `ERR_CONFIG_INVALID`, with the reason in `details`, for all else. */
export function parseCapability(text: unknown): Capability {
  const result = readCapability(text);
  if (result.ok) return result.capability;
  throw createError('ERR_CONFIG_INVALID', `${showName(text)} is no capability: ${result.reason}`, {
    details: { capability: showName(text), reason: result.reason },
    hint: 'write a name such as "fs.read", or one with a semver range such as "fs.read@^1"',
  });
}

/** As `parseCapability`, without throwing. */
export function readCapability(text: unknown): CapabilityResult {
  if (typeof text !== 'string') return { ok: false, reason: 'not-a-string' };
  const at = text.indexOf('@');
  const name = at === -1 ? text : text.slice(0, at);
  const reason = nameProblem(name);
  if (reason !== undefined) return { ok: false, reason };
  if (at === -1) return { ok: true, capability: Object.freeze({ name, range: undefined }) };
  const range = text.slice(at + 1);
  // The length comes first: semver's own parser takes long ranges apart with regular expressions (CVE-2022-25883).
  if (range.length > MAX_RANGE) return { ok: false, reason: 'too-long' };
  if (range.trim() === '' || !/^[\x20-\x7e]+$/.test(range) || semver().validRange(range) === null) {
    return { ok: false, reason: 'bad-range' };
  }
  return { ok: true, capability: Object.freeze({ name, range }) };
}
