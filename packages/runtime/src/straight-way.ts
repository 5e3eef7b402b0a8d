import { isPluginError } from '@kb-labs/contracts';
import type { ExecuteResult, SandboxOutcome } from '@kb-labs/contracts';
import { assertNotAborted, isPending } from './abort.js';
import type { Engine } from './engine.js';
import { openRun, waitForTurn } from './execute.js';
import type { KnownRun } from './known-run.js';
import { LateHost } from './late-host.js';
import type { Job } from './request.js';
import type { Run } from './run.js';
import { failureOf, lostGuest } from './stages/handler.js';
import { parseInput } from './stages/input.js';
import { parseOutput } from './stages/output.js';
import type { Authority } from './stages/permissions.js';
import { StageFailure } from './stage-failure.js';

/**
 * Leads one execution in this process of which all is known that can be known before it: the stages of `lead`, in the same order and with the same
 * refusals and results, in one function. Never rejects. Counts as ended in `underWay` when it has.
 */
// What waits stands here: each function that waits for another one costs as much as a small handler.
export async function leadStraight(job: Job, engine: Engine, known: KnownRun): Promise<ExecuteResult> {
  const run = openRun(job, engine);
  let slot: Disposable | undefined;
  try {
    const authority = recallGrant(run, job, known);
    const entered = run.stage(
      'queue',
      () => waitForTurn(run, { job, engine, authority, crashing: known.crashing }),
      true,
    );
    slot = isPending(entered) ? await entered : entered;
    enterPlace(run, known);
    const host = new LateHost(run, { job, engine, known, authority });
    let isHandling = false;
    let output: unknown;
    try {
      const parsed = inputOf(run, job);
      const input = isPending(parsed) ? await parsed : parsed;
      isHandling = true;
      const outcome = await callHandler(run, known, { input, authority, host });
      host.count();
      const value = valueOf(run, outcome, { engine, known });
      isHandling = false;
      const checked = outputOf(run, job, value);
      output = isPending(checked) ? await checked : checked;
    } catch (thrown) {
      throw isHandling ? run.failedIn('handler', asLost(run, thrown)) : thrown;
    } finally {
      const closing = host.close();
      if (closing !== undefined) await closing;
    }
    run.known('artifacts', output);
    // Where nothing had to be closed, nothing has happened since the last stage ended.
    return host.isUnused ? run.succeed(output, run.stageStart) : run.succeed(output);
  } catch (thrown) {
    return run.fail(thrown);
  } finally {
    slot?.[Symbol.dispose]();
    run.line[Symbol.dispose]();
    engine.underWay.end();
  }
}

function recallGrant(run: Run, job: Job, known: KnownRun): Authority {
  run.known('prepare', known);
  const authority = run.known('permissions', known.authorityFor(job));
  run.receipt.authority = authority;
  run.known('capabilities', known);
  return authority;
}

/** There is nothing to open, and how firm it is was compared when the run became known. */
function enterPlace(run: Run, { sandbox }: KnownRun): void {
  run.known('sandbox', sandbox);
  run.confinement = sandbox.confinement;
  run.receipt.coldStart = true;
}

function inputOf(run: Run, job: Job): unknown {
  return job.inputSchema === undefined ? run.known('input', job.input) : run.stage('input', () => parseInput(run, job));
}

interface Calling {
  readonly input: unknown;
  readonly authority: Authority;
  readonly host: LateHost;
}

function callHandler(
  run: Run,
  { sandbox, task }: KnownRun,
  { input, authority, host }: Calling,
): Promise<SandboxOutcome> {
  const { line } = run;
  assertNotAborted(line);
  run.handlerStart = run.stageStart;
  return sandbox.runAtOnce({ task, limits: authority.sandboxLimits, input, line, host: host.open });
}

/** What neither a stage nor the sandbox has put into words leaves nothing to tell of the guest. */
function asLost(run: Run, thrown: unknown): unknown {
  return StageFailure.is(thrown) || isPluginError(thrown) ? thrown : lostGuest(run, thrown);
}

/** What a handler gave back. Throws what it ended with in its place. */
function valueOf(
  run: Run,
  outcome: SandboxOutcome,
  { engine, known }: { readonly engine: Engine; readonly known: KnownRun },
): unknown {
  run.receipt.usage = outcome.usage;
  engine.crashWatch.ended(known.crashing, outcome);
  if (!outcome.ok) throw failureOf(run, outcome, known.functions);
  run.passed('handler');
  return outcome.value;
}

function outputOf(run: Run, job: Job, output: unknown): unknown {
  return job.outputSchema === undefined
    ? run.known('output', output)
    : run.stage('output', () => parseOutput(run, job, output));
}
