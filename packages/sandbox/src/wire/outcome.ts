import { createError } from '@kb-labs/contracts';
import type { ErrorCode, PluginError, SandboxOutcome, SandboxUsage } from '@kb-labs/contracts';
import type { GuestFailureMessage, GuestMessage } from './messages.js';
import { UnsendableError } from './wire-value.js';

type GuestResult = Extract<GuestMessage, { t: 'result' }>;

/** What a guest's result means. The guest says where and how it failed; which code that is, the host decides. */
export function outcomeOf(result: GuestResult, usage: SandboxUsage): SandboxOutcome {
  if (result.ok) return { ok: true, value: result.value, usage };
  return { ok: false, error: errorOf(result), guestError: result.error, phase: result.phase, usage };
}

/** A guest's own side refuses a result that is too large, and a hostile guest has no such side. */
export function boundResult(
  { result, bytes }: { readonly result: GuestResult; readonly bytes: number },
  maxResultBytes: number,
): GuestResult {
  if (!result.ok || bytes <= maxResultBytes) return result;
  const message = `the result is larger than ${maxResultBytes} bytes`;
  return { t: 'result', ok: false, phase: 'output', kind: 'too-large', message, error: undefined, issues: [] };
}

/** What a call means that could not be sent: its input never reaches the guest. */
export function inputError(error: unknown): PluginError {
  if (!(error instanceof UnsendableError))
    return createError('ERR_INTERNAL', 'the call could not be sent', { cause: error });
  return createError('ERR_INPUT_INVALID', `the input cannot be sent: ${error.message}`, { cause: error });
}

function errorOf(result: GuestFailureMessage): PluginError {
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
      return createError('ERR_OUTPUT_EXCEEDED', result.message, {
        hint: 'return less, or raise quotas.maxResultBytes',
      });
    case 'threw':
      return createError('ERR_HANDLER_FAILED', `the handler failed: ${result.message}`);
    default:
      return result.kind satisfies never;
  }
}

function schemaCode(result: GuestFailureMessage): ErrorCode {
  return result.phase === 'output' ? 'ERR_OUTPUT_INVALID' : 'ERR_INPUT_INVALID';
}

function schemaSubject(result: GuestFailureMessage): string {
  return result.phase === 'output' ? 'the output' : 'the input';
}
