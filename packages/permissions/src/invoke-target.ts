import { createError, isPluginId } from '@kb-labs/contracts';
import type { InvokeTarget } from '@kb-labs/contracts';
import { semver } from './late-semver.js';

/** Long ranges are slow to parse, and say nothing that a short one cannot. */
const MAX_RANGE = 256;
const MAX_TARGET = 1024;
const HANDLER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The parts of `id`, `id:handler`, `id@range` and `id@range:handler`, unchecked. */
export interface TargetParts {
  readonly id: string;
  readonly range: string | undefined;
  readonly handler: string | undefined;
}

/** Takes a text apart: no id and no range holds a colon, and no id an `@` but its first character. */
export function splitTarget(text: string): TargetParts {
  const colon = text.indexOf(':');
  const name = colon === -1 ? text : text.slice(0, colon);
  const at = name.indexOf('@', 1);
  return {
    id: at === -1 ? name : name.slice(0, at),
    range: at === -1 ? undefined : name.slice(at + 1),
    handler: colon === -1 ? undefined : text.slice(colon + 1),
  };
}

/** A semver range in its canonical form, `*` where every version is in it; `undefined` for what is none. */
export function canonicalRange(range: unknown): string | undefined {
  if (typeof range !== 'string' || range.length > MAX_RANGE || range.trim() === '') return undefined;
  const valid = semver().validRange(range);
  if (valid === null) return undefined;
  return valid === '' ? '*' : valid;
}

/** Whether a text can be the name of a handler. */
export function isHandlerName(name: unknown): name is string {
  return typeof name === 'string' && HANDLER_NAME.test(name);
}

/** Whether a value has the parts of a target, each well formed. */
export function isInvokeTarget(value: InvokeTarget): boolean {
  return isPluginId(value.pluginId) && canonicalRange(value.range) !== undefined && isHandlerName(value.handler);
}

/** The parts of a text as a target, well formed or not; what is no text stays as it is. */
export function readInvokeTarget(target: string | InvokeTarget): InvokeTarget {
  if (typeof target !== 'string') return target;
  const { id: pluginId, range = '*', handler = '' } = splitTarget(target.slice(0, MAX_TARGET + 1));
  return Object.freeze({ pluginId, range, handler });
}

/**
 * Parses `@id@range:handler`, such as `@acme/report@^1:render`; without a range it is `*`. What comes back is what is decided on and
 * then looked for. Throws `ERR_INVALID_ARGUMENT`.
 */
export function parseInvokeTarget(text: unknown): InvokeTarget {
  if (typeof text === 'string' && text.length <= MAX_TARGET) {
    const target = readInvokeTarget(text);
    if (isInvokeTarget(target)) return target;
  }
  throw createError('ERR_INVALID_ARGUMENT', 'the target names no handler of a plugin', {
    details: { argument: 'target' },
    hint: 'write id:handler or id@range:handler, such as "@acme/report@^1:render"',
  });
}
