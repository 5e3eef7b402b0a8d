import * as types from 'node:util/types';
import { ERROR_CODES, isErrorCode, isPluginError } from '@kb-labs/contracts';
import type { ErrorCode, ErrorEnvelope, GuestError, PluginError, StageName } from '@kb-labs/contracts';

const MAX_CAUSES = 8;

/** How a host sees what the envelope does not tell: texts of errors on the host's side hold paths and secrets. */
export const LOG_HINT =
  "make the runtime with logLevel: 'error', or set KB_LOG_LEVEL=error: its own log is silent by default";

/**
 * Turns whatever was thrown into the one shape in which an error leaves `execute()`. Nothing of an unknown value is read: proxies
 * and getters never run, and what is not ours becomes `ERR_INTERNAL` without its text.
 */
export function toEnvelope(thrown: unknown, stage: StageName | undefined, guestError?: GuestError): ErrorEnvelope {
  const ours = asPluginError(thrown);
  const code = ours === undefined ? 'ERR_INTERNAL' : ours.code;
  return Object.freeze({
    code,
    message: ours === undefined ? internalMessage(stage) : ours.message,
    stage,
    details: ours === undefined ? {} : ours.details,
    hint: ours?.hint ?? guestError?.hint ?? (ours === undefined ? LOG_HINT : undefined),
    retryable: ERROR_CODES[code].retryable,
    http: ERROR_CODES[code].http,
    cause: causeCodes(thrown),
    source: guestError === undefined ? 'host' : 'handler',
    error: guestError,
  });
}

/** The code that stands for a thrown value, for logs and stage events. */
export function codeOf(thrown: unknown): ErrorCode {
  return asPluginError(thrown)?.code ?? 'ERR_INTERNAL';
}

/** A thrown value in one line for the runtime's own log; bounded, and without running any code of the value. */
export function describeThrown(thrown: unknown): string {
  if (!isRealError(thrown)) return typeof thrown === 'string' ? thrown.slice(0, 512) : `a thrown ${typeof thrown}`;
  const cause = ownValue(thrown, 'cause');
  const below = isRealError(cause) ? textOf(cause) : cause;
  return `${textOf(thrown)}${typeof below === 'string' ? `\nbecause of: ${below}` : ''}`.slice(0, 4096);
}

/** The name that an error has by its class or itself, such as `TypeError`. Runs no code of the value, and none of its class. */
export function nameOfThrown(thrown: unknown): string {
  let place: unknown = isRealError(thrown) ? thrown : undefined;
  for (let depth = 0; depth < 8 && typeof place === 'object' && place !== null && !types.isProxy(place); depth += 1) {
    const name: unknown = Object.getOwnPropertyDescriptor(place, 'name')?.value;
    if (typeof name === 'string') return /^[A-Za-z_$][\w$]{0,63}$/u.test(name) ? name : 'Error';
    place = Object.getPrototypeOf(place);
  }
  return isRealError(thrown) ? 'Error' : `a thrown ${typeof thrown}`;
}

function textOf(error: Error): string {
  return (stackOf(error) ?? ownText(error, 'message') ?? 'an error without a message').slice(0, 2048);
}

/** V8 makes `stack` a getter; it is read where it is the engine's own, and not one that somebody put there. */
function stackOf(error: Error): string | undefined {
  const { get } = Object.getOwnPropertyDescriptor(error, 'stack') ?? {};
  if (get === undefined) return ownText(error, 'stack');
  if (get !== Object.getOwnPropertyDescriptor(new Error('x'), 'stack')?.get) return undefined;
  try {
    return typeof error.stack === 'string' ? error.stack : undefined;
  } catch {
    // `Error.prepareStackTrace` belongs to the process, and may be anybody's.
    return undefined;
  }
}

function asPluginError(thrown: unknown): PluginError | undefined {
  if (types.isProxy(thrown) || !isPluginError(thrown)) return undefined;
  return isErrorCode(thrown.code) ? thrown : undefined;
}

function internalMessage(stage: StageName | undefined): string {
  const where = stage === undefined ? '' : ` in the stage "${stage}"`;
  return `the runtime failed${where}; the reason is in its own log, where that is on`;
}

function causeCodes(thrown: unknown): readonly string[] {
  const codes: string[] = [];
  const seen = new Set<unknown>();
  let current = ownValue(thrown, 'cause');
  while (isRealError(current) && codes.length < MAX_CAUSES && !seen.has(current) && seen.size < 64) {
    seen.add(current);
    const code = ownText(current, 'code');
    if (code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/u.test(code)) codes.push(code);
    current = ownValue(current, 'cause');
  }
  return codes;
}

function isRealError(value: unknown): value is Error {
  return types.isNativeError(value) && !types.isProxy(value);
}

function ownText(error: Error, key: string): string | undefined {
  const value = ownValue(error, key);
  return typeof value === 'string' ? value : undefined;
}

/** Reads a data property of an error's own, so that no getter runs. */
function ownValue(error: unknown, key: string): unknown {
  if (!isRealError(error)) return undefined;
  return Object.getOwnPropertyDescriptor(error, key)?.value;
}
