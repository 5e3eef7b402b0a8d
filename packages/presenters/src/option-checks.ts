import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** A function that makes a presenter, and the options that it has. */
export interface PresenterMaker {
  readonly name: string;
  readonly options: readonly string[];
}

/** An option as it was given. Where it is a number: a whole one from `least` to `most`. */
export interface GivenNumber {
  readonly option: string;
  readonly value: unknown;
  readonly least: number;
  readonly most: number;
}

/** Throws `ERR_CONFIG_INVALID` for what is no object, and for an option that there is not. */
export function assertKnownOptions(maker: PresenterMaker, options: unknown): void {
  const hint = `there are ${maker.options.join(', ')}`;
  if (typeof options !== 'object' || options === null) {
    throw createError('ERR_CONFIG_INVALID', `${maker.name} takes an object of options`, {
      details: { pointer: '' },
      hint,
    });
  }
  const unknown = Object.keys(options).find((name) => !maker.options.includes(name));
  if (unknown !== undefined) throw wrongOption(maker, unknown.slice(0, 64), { flaw: 'is not known', hint });
}

/** Throws `ERR_CONFIG_INVALID` for anything but a whole number within its bounds. */
export function assertNumber(maker: PresenterMaker, { option, value, least, most }: GivenNumber): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw wrongOption(maker, option, { flaw: 'is no such number', hint: `give a whole number from ${least} to ${most}` });
}

/** Whether a value is an object with this method. */
export function hasMethod(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
}

/** `ERR_CONFIG_INVALID` with the option in the pointer. */
export function wrongOption(
  { name }: PresenterMaker,
  option: string,
  { flaw, hint }: { readonly flaw: string; readonly hint: string },
): PluginError {
  return createError('ERR_CONFIG_INVALID', `the option "${option}" of ${name} ${flaw}`, {
    details: { pointer: `/${option}` },
    hint,
  });
}
