import type {
  EventOverflow,
  EventPublishOptions,
  EventScope,
  EventSubscribeOptions,
  EventWaitOptions,
} from '@kb-labs/contracts';
import { invalidArgument } from './event-errors.js';
import { isEventScope } from './event-rules.js';

const DEFAULT_WAIT_MS = 30_000;
const MAX_MS = 2_147_483_647;
const MAX_KEY_LENGTH = 128;
const OVERFLOWS: readonly EventOverflow[] = ['drop-oldest', 'drop-newest', 'reject'];

export interface ParsedPublish {
  readonly scope: EventScope;
  readonly idempotencyKey: string | undefined;
}

export interface ParsedSubscribe {
  readonly scope: EventScope;
  readonly queueLimit: number;
  readonly overflow: EventOverflow;
  readonly signal: AbortSignal | undefined;
}

export interface ParsedWait {
  readonly scope: EventScope;
  readonly predicate: EventWaitOptions['predicate'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const NO_PUBLISH_OPTIONS: ParsedPublish = Object.freeze({ scope: 'execution', idempotencyKey: undefined });

/** Each parser reads every option once, and throws `ERR_INVALID_ARGUMENT` for one that is unknown or does not fit. */
export function parsePublish(options: EventPublishOptions | undefined): ParsedPublish {
  if (options === undefined) return NO_PUBLISH_OPTIONS;
  assertKeys(options, ['scope', 'idempotencyKey']);
  const { scope = 'execution', idempotencyKey } = options;
  const fits = typeof idempotencyKey === 'string' && idempotencyKey !== '' && idempotencyKey.length <= MAX_KEY_LENGTH;
  if (idempotencyKey !== undefined && !fits) {
    throw invalidArgument(`idempotencyKey must be text of 1 to ${MAX_KEY_LENGTH} characters`);
  }
  return { scope: checkScope(scope), idempotencyKey };
}

export function parseSubscribe(options: EventSubscribeOptions | undefined, maxQueue: number): ParsedSubscribe {
  const given = options === undefined ? {} : options;
  assertKeys(given, ['scope', 'queueLimit', 'overflow', 'signal']);
  const { scope = 'execution', queueLimit = maxQueue, overflow = 'drop-oldest', signal } = given;
  if (!Number.isSafeInteger(queueLimit) || queueLimit < 1 || queueLimit > maxQueue) {
    throw invalidArgument(`queueLimit must be a whole number from 1 to ${maxQueue}`);
  }
  if (!OVERFLOWS.includes(overflow)) throw invalidArgument(`overflow must be one of ${OVERFLOWS.join(', ')}`);
  return { scope: checkScope(scope), queueLimit, overflow, signal: checkSignal(signal) };
}

export function parseWait(options: EventWaitOptions | undefined): ParsedWait {
  const given = options === undefined ? {} : options;
  assertKeys(given, ['scope', 'predicate', 'timeoutMs', 'signal']);
  const { scope = 'execution', predicate, timeoutMs = DEFAULT_WAIT_MS, signal } = given;
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_MS) {
    throw invalidArgument(`timeoutMs must be a whole number from 1 to ${MAX_MS}`);
  }
  if (predicate !== undefined && typeof predicate !== 'function') throw invalidArgument('predicate must be a function');
  return { scope: checkScope(scope), predicate, timeoutMs, signal: checkSignal(signal) };
}

/** Throws `ERR_INVALID_ARGUMENT` for options that are no object, or hold a key that is not listed. */
export function assertKeys(options: unknown, keys: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidArgument('the options are not an object');
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw invalidArgument(`"${unknown.slice(0, 64)}" is no option here`, `the options are ${keys.join(', ')}`);
  }
}

function checkScope(scope: unknown): EventScope {
  if (!isEventScope(scope)) throw invalidArgument('scope must be one of execution, plugin, host');
  return scope;
}

/** Throws `ERR_INVALID_ARGUMENT` for what is not an `AbortSignal`. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgument('signal must be an AbortSignal');
  return signal;
}
