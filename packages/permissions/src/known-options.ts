import { configError, joinPointer } from './config-error.js';

/** The name of each option, so that the compiler misses none. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Throws `ERR_CONFIG_INVALID` where options are no object, or hold one that does not exist: a misspelt `protectedPaths` would
 * protect nothing.
 */
export function assertKnownOptions<Options extends object>(
  options: Options,
  names: Readonly<Record<keyof Options, unknown>>,
): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '', message: 'the options must be an object' }]);
  }
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(names, name));
  if (unknown.length === 0) return;
  const known = Object.keys(names).map((name) => `"${name}"`);
  throw configError(
    'ERR_CONFIG_INVALID',
    unknown.map((name) => ({
      pointer: joinPointer('', name),
      message: `there is no option ${JSON.stringify(name.slice(0, 64))}; there are ${known.join(', ')}`,
    })),
  );
}
