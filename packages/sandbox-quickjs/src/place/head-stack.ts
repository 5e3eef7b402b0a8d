import type { GuestError, SandboxOutcome } from '@kb-labs/contracts';

/** As much as a guest may send. */
const MAX_STACK = 16_384;

/** An outcome whose stacks begin with name and message, as in V8: those of QuickJS are frames alone. */
export function headStacks(outcome: SandboxOutcome): SandboxOutcome {
  if (outcome.ok || outcome.guestError === undefined) return outcome;
  return { ...outcome, guestError: headStack(outcome.guestError) };
}

function headStack(error: GuestError): GuestError {
  const { name, message, stack } = error;
  const head = message === '' ? name : `${name}: ${message}`;
  const whole = stack === undefined || stack.startsWith(head) ? stack : `${head}\n${stack.replace(/^\n/, '')}`;
  return {
    ...error,
    stack: whole?.slice(0, MAX_STACK),
    cause: error.cause === undefined ? undefined : headStack(error.cause),
    errors: error.errors.map(headStack),
    truncated: error.truncated || (whole?.length ?? 0) > MAX_STACK,
  };
}
