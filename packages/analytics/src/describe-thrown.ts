import * as types from 'node:util/types';

const MAX_LENGTH = 512;

/** What was thrown, in one bounded line for a person. Never throws: a hostile error is only called by its type. */
export function describeThrown(thrown: unknown): string {
  if (types.isProxy(thrown)) return 'a proxy';
  if (!types.isNativeError(thrown))
    return typeof thrown === 'string' ? thrown.slice(0, MAX_LENGTH) : `a ${typeof thrown}`;
  const [name, code, message] = ['name', 'code', 'message'].map((key) => ownText(thrown, key));
  const label = [name ?? 'Error', code].filter((part) => part !== undefined).join(' ');
  return `${label}: ${message ?? ''}`.slice(0, MAX_LENGTH);
}

function ownText(error: Error, key: string): string | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(error, key)?.value;
  return typeof value === 'string' ? value : undefined;
}
