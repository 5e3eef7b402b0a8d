import type { ServerResponse } from 'node:http';
import { assertKnownOptions, assertNumber, hasMethod, wrongOption } from './option-checks.js';

const HEARTBEAT_MS = 15_000;
const CONFIRM_TIMEOUT_MS = 60_000;
/** What a timer can wait. */
const MAX_MS = 2 ** 31 - 1;
const MAKER = {
  name: 'createSsePresenter',
  options: ['response', 'write', 'heartbeatMs', 'maxBufferedBytes', 'confirmTimeoutMs'],
};

/** Where events go: a response of Node's HTTP server, or any function that takes text. */
export type SseTarget =
  | { readonly response: ServerResponse; readonly write?: never }
  /** False where it cannot take more now: the event counts as dropped. */
  | { readonly write: (text: string) => boolean; readonly response?: never };

/** How events are sent. An unknown option is `ERR_CONFIG_INVALID`. */
export type SsePresenterOptions = SseTarget & {
  /** Milliseconds between two comments that keep the connection open. Default 15 000; 0 sends none. */
  readonly heartbeatMs?: number;
  /** Bytes that a slow client may leave waiting in the response; not for `write`, which keeps its own count. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
  /** Milliseconds after which a question without an answer is answered no. Default 60 000. */
  readonly confirmTimeoutMs?: number;
};

/** Options that were checked, with every default but that of the output filled in. */
export interface ParsedSseOptions {
  readonly target: ServerResponse | ((text: string) => boolean);
  readonly heartbeatMs: number;
  readonly confirmTimeoutMs: number;
  readonly maxBufferedBytes: number | undefined;
}

/** Throws `ERR_CONFIG_INVALID` with the option in the pointer. */
export function parseSseOptions(options: SsePresenterOptions): ParsedSseOptions {
  assertKnownOptions(MAKER, options);
  const { heartbeatMs = HEARTBEAT_MS, confirmTimeoutMs = CONFIRM_TIMEOUT_MS, maxBufferedBytes } = options;
  assertNumber(MAKER, { option: 'heartbeatMs', value: heartbeatMs, least: 0, most: MAX_MS });
  assertNumber(MAKER, { option: 'confirmTimeoutMs', value: confirmTimeoutMs, least: 1, most: MAX_MS });
  return { target: parseTarget(options), heartbeatMs, confirmTimeoutMs, maxBufferedBytes };
}

/** There is one place to write to, and what it takes. */
function parseTarget({ response, write, maxBufferedBytes }: SsePresenterOptions): ParsedSseOptions['target'] {
  if (response === undefined) {
    if (typeof write !== 'function') {
      throw wrongOption(MAKER, 'write', { flaw: 'is no function', hint: 'hand in a function, or a response of Node' });
    }
    if (maxBufferedBytes === undefined) return write;
    const hint = 'let "write" answer false beyond its limit';
    throw wrongOption(MAKER, 'maxBufferedBytes', { flaw: 'needs "response"', hint });
  }
  if (write !== undefined) {
    throw wrongOption(MAKER, 'write', { flaw: 'excludes "response"', hint: 'hand in one of the two' });
  }
  if (!hasMethod(response, 'writeHead')) {
    throw wrongOption(MAKER, 'response', { flaw: 'is no response of Node', hint: 'hand in a function as "write"' });
  }
  if (maxBufferedBytes !== undefined) {
    assertNumber(MAKER, { option: 'maxBufferedBytes', value: maxBufferedBytes, least: 0, most: MAX_MS });
  }
  return response;
}
