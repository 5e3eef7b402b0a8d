import * as types from 'node:util/types';
import { createError } from './plugin-error.js';
import type { PluginError } from './plugin-error.js';

const MAX_REASON = 200;

/**
 * `ERR_ABORTED` for a signal that has gone: `what` with the reason in words, which `details.reason` repeats. At most 200 characters of
 * it, and no code of the reason runs.
 */
export function createAbortError(what: string, signal: Pick<AbortSignal, 'reason'>): PluginError {
  const reason = describeReason(signal.reason).slice(0, MAX_REASON);
  return createError('ERR_ABORTED', `${what}: ${reason}`, { details: { reason } });
}

function describeReason(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  // The name and the message of a DOMException are getters of its prototype, not of the plugin.
  if (!types.isProxy(reason) && reason instanceof DOMException) return reason.message;
  if (!types.isNativeError(reason)) return `a reason of type ${reason === null ? 'null' : typeof reason}`;
  const message: unknown = Object.getOwnPropertyDescriptor(reason, 'message')?.value;
  return typeof message === 'string' ? message : 'an error without a message';
}
