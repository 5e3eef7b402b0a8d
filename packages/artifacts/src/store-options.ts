import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';

/** A function that makes something, and the options that it has. */
export interface StoreMaker {
  readonly name: string;
  readonly options: readonly string[];
}

/** Throws `ERR_CONFIG_INVALID` for what is no object, for an unknown option and for a clock that tells no time. */
export function assertStoreOptions(options: object, maker: StoreMaker): void {
  if (typeof options !== 'object' || options === null)
    throw wrongOption('', `${maker.name} takes an object of options`);
  const unknown = Object.keys(options).find((name) => !maker.options.includes(name));
  if (unknown !== undefined) throw wrongOption(unknown, `${maker.name} has no option ${quote(unknown)}`, maker.options);
  const clock: unknown = Reflect.get(options, 'clock');
  if (clock === undefined) return;
  if (typeof clock !== 'object' || clock === null || typeof Reflect.get(clock, 'now') !== 'function') {
    throw wrongOption('clock', `the option "clock" of ${maker.name} has no method "now"`);
  }
}

/** Throws `ERR_CONFIG_INVALID` for what is no number, zero or more. */
export function parseLimit(maker: StoreMaker, option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw wrongOption(option, `the option "${option}" of ${maker.name} is not a number, zero or more`);
}

/** `ERR_CONFIG_INVALID` with the option in the pointer, and the known ones in the hint where a name is misspelt. */
export function wrongOption(option: string, message: string, known: readonly string[] = []): PluginError {
  const names = known.map((name) => `"${name}"`).join(', ');
  return createError('ERR_CONFIG_INVALID', message, {
    details: { pointer: option === '' ? '' : `/${option.slice(0, 128)}` },
    ...(names === '' ? {} : { hint: `use ${names}, or leave it out` }),
  });
}
