import { createError } from '@kb-labs/contracts';

/** Where a number stands, and what it may be. */
export interface LimitRule {
  readonly pointer: string;
  /** Where nothing is given. */
  readonly fallback: number;
  /** Default 1. */
  readonly min?: number;
  readonly max: number;
}

/** `ERR_CONFIG_INVALID` with a JSON pointer into the options. */
export function configError(pointer: string, problem: string, hint: string): Error {
  const place = pointer === '' ? 'the options' : pointer;
  return createError('ERR_CONFIG_INVALID', `${place}: ${problem}`, { details: { pointer }, hint });
}

/** The members of an object that has no others. Throws `ERR_CONFIG_INVALID` for a misspelt one. */
export function parseRecord(
  value: unknown,
  pointer: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw configError(pointer, 'must be an object', `give an object with any of: ${names.join(', ')}`);
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw configError(
      `${pointer}/${unknown.slice(0, 64)}`,
      'there is no such option',
      `known are: ${names.join(', ')}`,
    );
  }
  return Object.fromEntries(Object.entries(value));
}

/** A whole number between two bounds. */
export function parseLimit(value: unknown, { pointer, fallback, min = 1, max }: LimitRule): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw configError(pointer, 'must be a whole number within bounds', `give a number from ${min} to ${max}`);
}

/** One of a few words. */
export function parseChoice<Word extends string>(
  value: unknown,
  pointer: string,
  words: readonly [Word, ...Word[]],
): Word {
  if (value === undefined) return words[0];
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw configError(pointer, 'must be a known word', `give one of: ${words.join(', ')}`);
  return word;
}
