import { createError } from '@kb-labs/contracts';

/** No member of these names is ever made, nor looked into. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Levels that a document may have, and so names that a pointer may. */
export const MAX_DEPTH = 100;

/** The names that a JSON pointer (RFC 6901) leads through. Throws `ERR_INVALID_ARGUMENT`, also for the name of a prototype. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw createPointerError('it begins with no slash');
  if (/~(?![01])/u.test(pointer))
    throw createPointerError('a tilde in it stands for nothing: ~0 is a tilde, ~1 a slash');
  const tokens = pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const forbidden = tokens.find((token) => FORBIDDEN_NAMES.has(token));
  if (forbidden !== undefined) throw createPointerError(`it leads through ${forbidden}`);
  if (tokens.length >= MAX_DEPTH) throw createPointerError(`it leads more than ${MAX_DEPTH - 1} levels down`);
  return tokens;
}

/** The same names as a pointer again, for an error that says where. */
export function formatPointer(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function createPointerError(problem: string): Error {
  return createError('ERR_INVALID_ARGUMENT', `ensureSection: the pointer is refused: ${problem}`, {
    details: { function: 'ensureSection', argument: 'pointer' },
    hint: 'write it as RFC 6901 has it: /server/port',
  });
}
