import * as types from 'node:util/types';
import { ERROR_CODES, isErrorCode } from './error-codes.js';
import type { ErrorCode } from './error-codes.js';

// Registered, so that two copies of this package in one tree know each other's errors.
const BRAND = Symbol.for('@kb-labs/contracts/PluginError');

/** Facts about an error that may be logged and sent anywhere: no secrets, no guest payloads, no stacks. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What an error carries besides its code and message. */
export interface PluginErrorOptions {
  readonly details?: ErrorDetails;
  /** What the reader may change so that it works. */
  readonly hint?: string;
  /** The error that came before. */
  readonly cause?: unknown;
}

/** The root of all errors that the runtime makes. Tell them apart by `code`. */
export abstract class PluginError extends Error {
  override readonly name: string = 'PluginError';
  abstract readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly hint: string | undefined;

  static {
    // On the prototype and not in the type: no copy of an error carries it along, and types of two copies stay alike.
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  constructor(message: string, options: PluginErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? {};
    this.hint = options.hint;
  }

  /** The HTTP status that stands for this error. */
  get http(): number {
    return ERROR_CODES[this.code].http;
  }

  /** Whether the same call may succeed later with nothing changed. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

class CodedError extends PluginError {
  override readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options: PluginErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes an error with a code that has no class of its own. */
export function createError(code: ErrorCode, message: string, options: PluginErrorOptions = {}): PluginError {
  return new CodedError(code, message, options);
}

/**
 * Tells whether a caught value is one of ours, also where another copy of this package made it. Never throws: no trap of a
 * proxy runs, and an accessor that throws means no. Code of the same process can still forge one; nothing else can.
 */
export function isPluginError(value: unknown): value is PluginError {
  if (!types.isNativeError(value)) return false;
  try {
    return Reflect.get(value, BRAND) === true && isErrorCode(Reflect.get(value, 'code'));
  } catch {
    // Ours read without throwing.
    return false;
  }
}
