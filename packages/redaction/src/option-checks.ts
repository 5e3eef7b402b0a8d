import { createError } from '@kb-labs/contracts';

/** Where a number stands, and what it may be. */
export interface LimitRule {
  readonly pointer: string;
  /** Where nothing is given. */
  readonly fallback: number;
  readonly max: number;
}

const MAX_STRINGS = 1000;

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
  if (unknown === undefined) return Object.fromEntries(Object.entries(value));
  const place = `${pointer}/${unknown.slice(0, 64)}`;
  throw configError(place, 'there is no such option', `known are: ${names.join(', ')}`);
}

/** A whole number of 1 or more. */
export function parseLimit(value: unknown, { pointer, fallback, max }: LimitRule): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw configError(pointer, 'must be a whole number within bounds', `give a number from 1 to ${max}`);
}

/** One of a few words, the first where nothing is given. */
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

/** A list of strings; empty where nothing is given. */
export function parseStrings(value: unknown, pointer: string): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_STRINGS) {
    throw configError(pointer, 'must be a list', `give a list of at most ${MAX_STRINGS} strings`);
  }
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string') throw configError(`${pointer}/${index}`, 'must be a string', 'give strings alone');
    return item;
  });
}

function configError(pointer: string, problem: string, hint: string): Error {
  const place = pointer === '' ? 'the options' : pointer;
  return createError('ERR_CONFIG_INVALID', `${place}: ${problem}`, { details: { pointer }, hint });
}
