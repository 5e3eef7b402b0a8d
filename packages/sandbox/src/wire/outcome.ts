import { createError } from '@kb-labs/contracts';
import type { ErrorCode, PluginError, SandboxOutcome, SandboxUsage } from '@kb-labs/contracts';
import type { GuestFailureMessage, RunMessage } from './messages.js';
import { UnsendableError } from './wire-value.js';

type GuestResult = Extract<RunMessage, { t: 'result' }>;

/** A result, and the bytes that its value took on the wire. */
export interface ArrivedResult {
  readonly result: GuestResult;
  readonly bytes: number;
}

/** What bounds a run's outcome, and what goes into its receipt. */
export interface OutcomeFacts {
  readonly maxResultBytes: number;
  readonly usage: SandboxUsage;
}

/**
 * What a guest's result means. The guest says where and how it failed; which code that is, the host decides. A guest's own side refuses a
 * result that is too large; a hostile guest has no such side, so its result is measured here as well.
 */
export function outcomeOf({ result, bytes }: ArrivedResult, { maxResultBytes, usage }: OutcomeFacts): SandboxOutcome {
  if (!result.ok) {
    const error = errorOf(result, maxResultBytes);
    return { ok: false, error, guestError: result.error, phase: result.phase, usage };
  }
  if (bytes <= maxResultBytes) return { ok: true, value: result.value, usage };
  return { ok: false, error: resultTooLarge(bytes, maxResultBytes), guestError: undefined, phase: 'output', usage };
}

/** What a call means that could not be sent: its input never reaches the guest. */
export function inputError(error: unknown): PluginError {
  if (!(error instanceof UnsendableError))
    return createError('ERR_INTERNAL', 'the call could not be sent', { cause: error });
  return createError('ERR_INPUT_INVALID', `the input cannot be sent: ${error.message}`, { cause: error });
}

function errorOf(result: GuestFailureMessage, maxResultBytes: number): PluginError {
  const details = result.issues.length === 0 ? {} : { issues: result.issues };
  switch (result.kind) {
    case 'not-found':
      return createError('ERR_HANDLER_NOT_FOUND', result.message, {
        hint: 'export a function by this name from the handler file',
      });
    case 'issues':
      return createError(
        schemaCode(result),
        `${schemaSubject(result)} does not fit the handler's schema: ${result.message}`,
        { details },
      );
    case 'unsendable':
      return createError('ERR_OUTPUT_INVALID', result.message, {
        hint: 'return plain data: see the kinds that the wire carries',
      });
    case 'too-large':
      return resultTooLarge(result.bytes, maxResultBytes);
    case 'threw':
      return createError('ERR_HANDLER_FAILED', `the handler failed: ${result.message}`);
    default:
      return result.kind satisfies never;
  }
}

/** `used` is undefined for a guest that does not say how much it was. */
function resultTooLarge(used: number | undefined, limit: number): PluginError {
  return createError('ERR_OUTPUT_EXCEEDED', `the result is larger than ${limit} bytes`, {
    details: { quota: 'maxResultBytes', used, limit },
    hint: 'return less, or raise quotas.maxResultBytes in the grant, and in the manifest where there is one',
  });
}

function schemaCode(result: GuestFailureMessage): ErrorCode {
  return result.phase === 'output' ? 'ERR_OUTPUT_INVALID' : 'ERR_INPUT_INVALID';
}

function schemaSubject(result: GuestFailureMessage): string {
  return result.phase === 'output' ? 'the output' : 'the input';
}
