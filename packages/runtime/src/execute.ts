import type { ArtifactStore, ExecuteResult } from '@kb-labs/contracts';
import { isPending } from './abort.js';
import type { CrashingHandler } from './crash-loops.js';
import type { Engine } from './engine.js';
import { assertMayInvoke, assertNoCycle } from './invoke.js';
import type { Job } from './request.js';
import { Run } from './run.js';
import { planArtifacts, writeArtifacts } from './stages/artifacts.js';
import type { ArtifactPlan } from './stages/artifacts.js';
import { crashingHandler, runInSandbox } from './stages/guest.js';
import type { GuestWork } from './stages/guest.js';
import { prepare } from './stages/prepare.js';
import type { Prepared } from './stages/prepare.js';
import { handlerId } from './stages/rooms.js';

/** Leads one execution through the stages. Never rejects: whatever goes wrong is in the result, with the same receipt. */
export async function lead(job: Job, engine: Engine): Promise<ExecuteResult> {
  const run = openRun(job, engine);
  const { audit } = engine.rooms;
  if (run.isObserved) run.emit({ type: 'execution-start', handler: describeHandler(job), input: job.input });
  let output: unknown;
  try {
    output = await passStages(run, job, engine);
    if (audit !== undefined) await audit.assertKept(run.identity.executionId);
  } catch (thrown) {
    if (audit !== undefined) await audit.release(run.identity.executionId);
    return run.fail(thrown);
  } finally {
    run.line[Symbol.dispose]();
  }
  return run.succeed(output);
}

/** Opens the books of an execution. */
export function openRun(job: Job, engine: Engine): Run {
  const { pluginId, trace, settings } = job;
  const { ids, clock, log, timers, observers } = engine;
  const { traceId, parentSpanId } = trace;
  const nextSpanId = ids.spanIds();
  return new Run({
    identity: { executionId: ids.executionId(), traceId, parentSpanId, spanId: nextSpanId(), pluginId },
    nextSpanId,
    observers: settings.observers.length === 0 ? observers : [...observers, ...settings.observers],
    line: engine.signals.link([job.signal, settings.signal]),
    timers,
    clock,
    log,
  });
}

async function passStages(run: Run, job: Job, engine: Engine): Promise<unknown> {
  const found = run.stage('prepare', () => findAndPlan(run, job, engine));
  const { prepared, plan } = isPending(found) ? await found : found;
  const { authorities, functionGrants } = engine;
  const authority = run.decide('permissions', authorities.recall(job, prepared), () =>
    authorities.decide(job, prepared),
  );
  run.receipt.authority = authority;
  const functions = run.decide('capabilities', functionGrants.recall(job, prepared), () =>
    functionGrants.decide(job, prepared),
  );
  const work = { job, engine, prepared, authority, functions, store: storeOf(job, engine), lead };
  const crashing = crashingHandler(prepared);
  const entered = run.stage('queue', () => waitForTurn(run, { job, engine, authority, crashing }), true);
  const slot = isPending(entered) ? await entered : entered;
  try {
    const output = await runInSandbox(run, work);
    if (plan === undefined) return run.known('artifacts', output);
    await run.stage('artifacts', () => storeArtifacts(run, work, { plan, output }));
    return output;
  } finally {
    slot?.[Symbol.dispose]();
  }
}

interface Ready {
  readonly prepared: Prepared;
  /** `undefined` where the manifest declares no artifacts. */
  readonly plan: ArtifactPlan | undefined;
}

function findAndPlan(run: Run, job: Job, engine: Engine): Ready | Promise<Ready> {
  const { audit } = engine.rooms;
  const find = (): Prepared | PromiseLike<Prepared> => prepare(job, engine.finderFor(job.settings), run.line);
  const found = audit === undefined ? find() : audit.assertReady().then(find);
  const outlet = engine.rooms.artifacts;
  const ready = (prepared: Prepared): Ready => {
    if (job.caller !== undefined) {
      assertMayInvoke(job, prepared.plugin.version);
      assertNoCycle(handlerId(prepared), job.caller, job.pluginId);
    }
    return { prepared, plan: planArtifacts(run, job, { prepared, outlet }) };
  };
  return isPending(found) ? Promise.resolve(found).then(ready) : ready(found);
}

/** Whose turn it is, and who may not run at all. */
interface Waiting extends Pick<GuestWork, 'job' | 'engine' | 'authority'> {
  readonly crashing: CrashingHandler;
}

/** Waits for the turn of a run. One that another invoked has its turn already: waiting for one more while that one holds its own could be for ever. */
export function waitForTurn(run: Run, waiting: Waiting): Disposable | undefined | Promise<Disposable> {
  const { job, engine, authority, crashing } = waiting;
  engine.crashWatch.assertMayRun(crashing);
  if (job.caller !== undefined) return undefined;
  const { maxConcurrency, queueTimeoutMs } = authority.limits;
  const slot = engine.admission.enter({ pluginId: job.pluginId, maxConcurrency, queueTimeoutMs, until: run.line });
  return isPending(slot) ? slot.then((late) => stillMayRun(late, waiting)) : slot;
}

/** Those before it in the line may have crashed meanwhile. */
function stillMayRun(slot: Disposable, { engine, crashing }: Waiting): Disposable {
  try {
    engine.crashWatch.assertMayRun(crashing);
    return slot;
  } catch (error) {
    slot[Symbol.dispose]();
    throw error;
  }
}

/** One store for all that an execution reads and writes, opened when it is first needed. */
export function storeOf({ settings, dryRun }: Job, engine: Engine): () => ArtifactStore {
  let opened: ArtifactStore | undefined;
  return () => {
    if (opened !== undefined) return opened;
    const outlet = engine.rooms.artifacts;
    const store = settings.artifactStore ?? outlet.storeFor(settings.root);
    opened = dryRun ? outlet.overlay(store) : store;
    return opened;
  };
}

function storeArtifacts(
  run: Run,
  { engine, authority, store }: GuestWork,
  { plan, output }: { readonly plan: ArtifactPlan; readonly output: unknown },
): Promise<void> {
  const outlet = engine.rooms.artifacts;
  return writeArtifacts(run, { plan, output, outlet, store, meter: authority.meter });
}

function describeHandler(job: Job): string {
  const { handler } = job;
  const written = typeof handler === 'string' ? handler : `${handler.file}#${handler.export}`;
  return written.slice(0, 1024);
}
