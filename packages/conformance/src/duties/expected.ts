import assert from 'node:assert/strict';
import type { ErrorCode, SandboxOutcome } from '@kb-labs/contracts';

/** A run that failed. */
export type FailedOutcome = Extract<SandboxOutcome, { ok: false }>;

/** The value of a run that went well, or an `AssertionError` with what went wrong. */
export function valueOf(outcome: SandboxOutcome): unknown {
  if (!outcome.ok) assert.fail(`the run failed: ${outcome.error.code} ${outcome.error.message}`);
  return outcome.value;
}

/** The failure of a run that had to fail with this code. */
export function failureOf(outcome: SandboxOutcome, code: ErrorCode): FailedOutcome {
  if (outcome.ok) assert.fail(`the run went well, ${code} was expected`);
  assert.equal(outcome.error.code, code, outcome.error.message);
  return outcome;
}
