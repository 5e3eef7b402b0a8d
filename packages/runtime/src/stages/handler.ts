import { ABORT_LINE, createError, isPluginError } from '@kb-labs/contracts';
import type {
  AbortLine,
  GuestPhase,
  Sandbox,
  SandboxCall,
  SandboxOutcome,
  StageName,
  GuestError,
} from '@kb-labs/contracts';
import { abortError } from '../abort.js';
import { withinDeadline } from '../deadline.js';
import { toEnvelope } from '../envelope.js';
import { createHostSide } from './host-side.js';
import type { HostSideOptions } from './host-side.js';
import type { Run } from '../run.js';
import { StageFailure } from '../stage-failure.js';
import type { Prepared } from './prepare.js';

/** All that one call of a handler needs. */
export interface GuestCall extends HostSideOptions {
  readonly sandbox: Sandbox;
  readonly functions: readonly string[];
  readonly prepared: Prepared;
  readonly input: unknown;
  readonly graceMs: number;
  /** Takes how the guest ended, before anybody is told. */
  readonly ended: (outcome: SandboxOutcome) => void;
}

type FailedOutcome = Extract<SandboxOutcome, { readonly ok: false }>;

/** In which stage a run has ended that ended in this part of the guest. */
const STAGE_OF: Readonly<Record<GuestPhase, StageName>> = {
  load: 'handler',
  input: 'input',
  handler: 'handler',
  output: 'output',
};

/** Runs the handler with its schemas in the sandbox, and answers its host calls. Throws a `StageFailure` for what it does wrong. */
export async function runHandler(run: Run, call: GuestCall): Promise<unknown> {
  const { hostApi, prepared } = call;
  run.handlerStart = run.stageStart;
  try {
    const outcome = await settle(run, call, {
      executionId: run.identity.executionId,
      handler: prepared.handler,
      inputSchema: prepared.inputSchema,
      outputSchema: prepared.outputSchema,
      outputParts: prepared.outputParts,
      input: call.input,
      api: call.functions,
      signal: run.signal,
      [ABORT_LINE]: run.line,
    });
    run.receipt.usage = outcome.usage;
    call.ended(outcome);
    if (outcome.ok) return outcome.value;
    throw failureOf(run, outcome, call.functions);
  } finally {
    run.receipt.hostCallsByName = hostApi.callsByName;
    run.receipt.denials = hostApi.denials;
  }
}

/** What a run ends with whose guest has ended so. `functions` are those that it held. */
export function failureOf(run: Run, outcome: FailedOutcome, functions: readonly string[]): StageFailure {
  const byCaller = outcome.error.code === 'ERR_ABORTED' && run.line.aborted;
  const error = byCaller ? abortError(run.line) : outcome.error;
  const envelope = toEnvelope(error, STAGE_OF[outcome.phase], outcome.guestError);
  return new StageFailure({ ...envelope, hint: envelope.hint ?? hintFor(outcome, functions) });
}

/** Says what to look at, where neither the sandbox nor the handler does. */
function hintFor(outcome: FailedOutcome, functions: readonly string[]): string | undefined {
  if (outcome.error.code === 'ERR_SANDBOX_CRASHED') {
    return 'look at result.logs for what it wrote last (stderr among it), and at the details for its exit code or signal';
  }
  return outcome.guestError === undefined ? undefined : hintForThrown(outcome.guestError, functions);
}

/** What is not granted is absent, so a handler that uses it fails with a bare TypeError, or cannot load a module. Says what may be behind it. */
function hintForThrown(error: GuestError, functions: readonly string[]): string | undefined {
  if (error.name === 'TypeError' && /is not a function|of undefined/u.test(error.message)) {
    const held = functions.length === 0 ? 'no host functions' : functions.join(', ');
    return `if it reached for ctx: this run holds ${held}; grant the capability that brings the others, and require it in the manifest`;
  }
  if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') {
    return 'put what the plugin imports into its own folder: nothing outside of it can be loaded, and links that lead out are not followed';
  }
  // Node's own message names options like --allow-fs-read, which nobody who writes or grants a plugin can set.
  if (error.code === 'ERR_ACCESS_DENIED') {
    return "a guest has no files, network or processes through Node's own modules: use ctx.fs, ctx.fetch or ctx.shell, with the capability and a permission that the host grants";
  }
  return undefined;
}

type LinkedCall = SandboxCall & { readonly [ABORT_LINE]: AbortLine };

/** An adapter's promise is to answer in time, not to reject, and to say how it ended. One that breaks it has lost its guest. */
async function settle(run: Run, call: GuestCall, work: LinkedCall): Promise<SandboxOutcome> {
  let cause: unknown;
  try {
    const outcome = await withinDeadline(call.sandbox.run(work, createHostSide(run, call)), {
      limitMs: call.authority.limits.timeoutMs,
      graceMs: call.graceMs,
      line: run.line,
      code: 'ERR_TIMEOUT',
      duty: 'end the handler',
      // The verdict stands, and disposing the place is all that is left to do.
      late: () => undefined,
      timers: run.timers,
    });
    if (isOutcome(outcome)) return outcome;
  } catch (thrown) {
    if (isPluginError(thrown)) throw thrown;
    cause = thrown;
  }
  throw lostGuest(run, cause);
}

/** What a run ends with whose sandbox has not said how it ended. */
export function lostGuest({ confinement }: Run, cause: unknown): Error {
  const adapter = confinement?.adapter;
  return createError('ERR_SANDBOX_CRASHED', 'the sandbox failed, and has not said how the handler ended', {
    details: { adapter },
    hint: `look for the fault in the adapter "${adapter ?? 'unknown'}": run() must resolve with an outcome, whatever its guest does`,
    cause,
  });
}

/** Whether an adapter's answer has what is read of it here. Adapters are written by third parties, in JavaScript as well. */
function isOutcome(outcome: SandboxOutcome | undefined): boolean {
  if (typeof outcome !== 'object' || outcome === null || !Array.isArray(outcome.usage?.leaked)) return false;
  return outcome.ok ? 'value' in outcome : isPluginError(outcome.error) && Object.hasOwn(STAGE_OF, outcome.phase);
}
