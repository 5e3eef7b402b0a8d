const MAX_NAME = 128;
/** Nothing is wrong with it, unless it is reserved. */
const PLAIN = /^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*$/;
const RESERVED: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/** Why a string is no capability. */
export type CapabilityProblem =
  | 'not-a-string'
  | 'empty'
  | 'too-long'
  | 'control-character'
  | 'not-ascii'
  | 'reserved-name'
  | 'upper-case'
  | 'wildcard'
  | 'empty-segment'
  | 'bad-character'
  | 'bad-range'
  | 'bad-version';

/** What is wrong with a bare name (`fs.read`), or `undefined`. Segments are `a-z`, digits, `-` and `_`, a letter first. */
export function nameProblem(name: string): CapabilityProblem | undefined {
  if (name === '') return 'empty';
  if (name.length > MAX_NAME) return 'too-long';
  if (PLAIN.test(name)) return hasReserved(name.split('.')) ? 'reserved-name' : undefined;
  if (/\p{Cc}/u.test(name)) return 'control-character';
  if (/\P{ASCII}/u.test(name)) return 'not-ascii';
  const segments = name.split('.');
  if (hasReserved(segments)) return 'reserved-name';
  if (/[A-Z]/.test(name)) return 'upper-case';
  if (name.includes('*')) return 'wildcard';
  if (segments.includes('')) return 'empty-segment';
  return 'bad-character';
}

/** A name is looked up in many places, and in one of them perhaps on a plain object. */
function hasReserved(segments: readonly string[]): boolean {
  return segments.some((segment) => RESERVED.has(segment));
}
