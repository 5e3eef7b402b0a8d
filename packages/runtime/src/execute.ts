import type { ArtifactStore, AuditRecord, ExecuteResult, SandboxOutcome } from '@kb-labs/contracts';
import { createHostApi } from '@kb-labs/host-api';
import type { HostApi } from '@kb-labs/host-api';
import { v7 as uuidv7 } from 'uuid';
import type { CrashingHandler } from './crash-loops.js';
import type { Engine } from './engine.js';
import { assertMayInvoke, assertNoCycle } from './invoke.js';
import type { Job } from './request.js';
import { Run } from './run.js';
import { planArtifacts, writeArtifacts } from './stages/artifacts.js';
import { describeAuthority } from './stages/authority-event.js';
import { grantFunctions } from './stages/capabilities.js';
import { pickEnv } from './stages/environment.js';
import { runHandler } from './stages/handler.js';
import { parseInput } from './stages/input.js';
import { parseOutput } from './stages/output.js';
import { decideAuthority } from './stages/permissions.js';
import { prepare } from './stages/prepare.js';
import type { Prepared } from './stages/prepare.js';
import { handlerId, openRooms } from './stages/rooms.js';
import type { OpenRooms, RoomWish } from './stages/rooms.js';
import { acquireSandbox } from './stages/sandbox.js';
import { createSpanIds } from './trace-place.js';

/** Leads one execution through the stages. Never rejects: whatever goes wrong is in the result, with the same receipt. */
export async function lead(job: Job, engine: Engine): Promise<ExecuteResult> {
  using linked = engine.signals.link([job.signal, job.settings.signal, engine.closing]);
  const nextSpanId = createSpanIds();
  const { pluginId, trace } = job;
  const run = new Run({
    identity: Object.freeze({ executionId: uuidv7(), ...trace, spanId: nextSpanId(), pluginId }),
    nextSpanId,
    observers: [...engine.observers, ...job.settings.observers],
    signal: linked.signal,
    clock: engine.clock,
    log: engine.log,
  });
  run.emit({ type: 'execution-start', handler: describeHandler(job), input: job.input });
  let output: unknown;
  try {
    output = await passStages(run, job, engine);
    await engine.rooms.audit.assertKept(run.identity.executionId);
  } catch (thrown) {
    await engine.rooms.audit.release(run.identity.executionId);
    return run.fail(thrown);
  }
  return run.succeed(output);
}

async function passStages(run: Run, job: Job, engine: Engine): Promise<unknown> {
  const outlet = engine.rooms.artifacts;
  const { prepared, plan } = await run.stage('prepare', async () => {
    await engine.rooms.audit.assertReady();
    const prepared = await prepare(job, engine.parseManifest, run.signal);
    assertMayInvoke(job, prepared.plugin.version);
    assertNoCycle(handlerId(prepared), job.caller, job.pluginId);
    return { prepared, plan: planArtifacts(run, job, { prepared, outlet }) };
  });
  const authority = await run.stage('permissions', () =>
    decideAuthority(job, prepared, { code: engine.ownCode, hidden: [outlet.folderFor(job.settings.root)] }),
  );
  const { limits, meter } = authority;
  run.receipt.limits = limits;
  run.receipt.meter = meter;
  const functions = await run.stage('capabilities', () => grantFunctions(job, prepared, engine.capabilities));
  using _slot = await run.stage('queue', () => waitForTurn(run, { job, engine, authority, prepared }));
  const store = storeOf(job, engine);
  const output = await runInSandbox(run, { job, engine, prepared, authority, functions, store });
  await run.stage('artifacts', () => writeArtifacts(run, { plan, output, outlet, store, meter }));
  return output;
}

/** A run that another one invoked has its turn already: waiting for one more while that one holds its own could be for ever. */
async function waitForTurn(
  run: Run,
  { job, engine, authority, prepared }: Pick<GuestWork, 'job' | 'engine' | 'authority' | 'prepared'>,
): Promise<Disposable | undefined> {
  const mayRun = (): void => engine.crashWatch.assertMayRun(crashingHandler(prepared));
  mayRun();
  if (job.caller !== undefined) return undefined;
  const { maxConcurrency, queueTimeoutMs } = authority.limits;
  const { pluginId } = job;
  const slot = await engine.admission.enter({ pluginId, maxConcurrency, queueTimeoutMs, signal: run.signal });
  try {
    // Those before it in the line may have crashed meanwhile.
    mayRun();
    return slot;
  } catch (error) {
    slot[Symbol.dispose]();
    throw error;
  }
}

/** One store for all that an execution reads and writes, opened when it is first needed. */
function storeOf({ settings, dryRun }: Job, engine: Engine): () => ArtifactStore {
  let opened: ArtifactStore | undefined;
  return () => {
    if (opened !== undefined) return opened;
    const outlet = engine.rooms.artifacts;
    const store = settings.artifactStore ?? outlet.storeFor(settings.root);
    opened = dryRun ? outlet.overlay(store) : store;
    return opened;
  };
}

type GuestWork = Omit<RoomWish, 'lead'>;

/** The three stages that need a sandbox. When this returns, nothing of the guest is left. */
async function runInSandbox(run: Run, work: GuestWork): Promise<unknown> {
  const { job, engine, prepared, authority, functions } = work;
  const { graceMs } = engine;
  const audit = (record: AuditRecord): void => run.audit(record);
  const env = functions.includes('env.read') ? pickEnv({ job, prepared, policy: authority.policy, audit }) : {};
  run.emit({ type: 'authorised', authority: describeAuthority({ job, prepared, authority, functions, env }) });
  const rooms = openRooms(run, { ...work, lead });
  await using _port = rooms.events === undefined ? undefined : run.closing(rooms.events, graceMs);
  await using lent = run.closing(lendHostApi(run, { ...work, rooms, audit, env }), graceMs);
  await using place = run.closing(
    await run.stage('sandbox', () =>
      acquireSandbox(run, {
        adapter: engine.adapterFor(job.settings.sandbox),
        required: job.settings.requiredConfinement ?? engine.requiredConfinement,
        graceMs,
        env,
        prepared,
        authority,
      }),
    ),
    graceMs,
  );
  const input = await run.stage('input', () => parseInput(run, job));
  run.emit({ type: 'handler-input', input });
  const { presenter } = job.settings;
  const { pluginId, executionId, traceId } = run.identity;
  const analytics = functions.includes('analytics.track')
    ? engine.rooms.analytics?.forGuest({ pluginId, executionId, traceId })
    : undefined;
  const ended = (outcome: SandboxOutcome): void => engine.crashWatch.ended(crashingHandler(prepared), outcome);
  const guest = { sandbox: place.value, hostApi: lent.value, functions, prepared, authority, input, graceMs, ended };
  const value = await run.stage('handler', () => runHandler(run, { ...guest, presenter, analytics }));
  run.emit({ type: 'handler-output', output: value });
  return await run.stage('output', () => parseOutput(run, job, value));
}

interface Lending extends GuestWork {
  readonly rooms: OpenRooms;
  readonly audit: (record: AuditRecord) => void;
  readonly env: Readonly<Record<string, string>>;
}

function lendHostApi(run: Run, { job, engine, authority, functions, rooms, audit, env }: Lending): HostApi {
  const { propagateTrace, ...settings } = engine.hostApi;
  const { presenter } = job.settings;
  return createHostApi({
    ...settings,
    policy: authority.policy,
    documents: authority.documents,
    meter: authority.meter,
    functions,
    audit,
    env,
    clock: engine.clock,
    ...rooms,
    ...(presenter !== undefined && { presenter }),
    shell: engine.commands,
    dryRun: job.dryRun,
    operations: (record) => run.operation(record),
    ...(propagateTrace === true && { traceparent: run.traceparent }),
  });
}

function crashingHandler(prepared: Prepared): CrashingHandler {
  const { plugin, declaration } = prepared;
  const { id: pluginId, version, root } = plugin;
  return { pluginId, version, root, handler: declaration.handler };
}

function describeHandler(job: Job): string {
  const { handler } = job;
  const written = typeof handler === 'string' ? handler : `${handler.file}#${handler.export}`;
  return written.slice(0, 1024);
}
