import type { AuditRecord, ExecuteResult } from '@kb-labs/contracts';
import { createHostApi } from '@kb-labs/host-api';
import { v7 as uuidv7 } from 'uuid';
import { linkSignals } from './abort.js';
import type { Engine } from './engine.js';
import type { Job } from './request.js';
import { Run } from './run.js';
import { planArtifacts, writeArtifacts } from './stages/artifacts.js';
import { grantFunctions } from './stages/capabilities.js';
import { pickEnv } from './stages/environment.js';
import { runHandler } from './stages/handler.js';
import { parseInput } from './stages/input.js';
import { parseOutput } from './stages/output.js';
import { decideAuthority } from './stages/permissions.js';
import type { Authority } from './stages/permissions.js';
import { prepare } from './stages/prepare.js';
import type { Prepared } from './stages/prepare.js';
import { acquireSandbox } from './stages/sandbox.js';

/** Leads one execution through the stages. Never rejects: whatever goes wrong is in the result, with the same receipt. */
export async function lead(job: Job, engine: Engine): Promise<ExecuteResult> {
  using linked = linkSignals([job.signal, job.settings.signal, engine.closing]);
  const run = new Run({
    identity: Object.freeze({ executionId: uuidv7(), traceId: job.traceId, pluginId: job.pluginId }),
    observers: [...engine.observers, ...job.settings.observers],
    signal: linked.signal,
    clock: engine.clock,
    log: engine.log,
  });
  run.emit({ type: 'execution-start', handler: describeHandler(job) });
  let output: unknown;
  try {
    output = await passStages(run, job, engine);
  } catch (thrown) {
    return run.fail(thrown);
  }
  return run.succeed(output);
}

async function passStages(run: Run, job: Job, engine: Engine): Promise<unknown> {
  const outlet = engine.artifacts;
  const { prepared, plan } = await run.stage('prepare', async () => {
    const prepared = await prepare(job, run.signal);
    return { prepared, plan: planArtifacts(run, job, { prepared, outlet }) };
  });
  const authority = await run.stage('permissions', () =>
    decideAuthority(job, prepared, { code: engine.ownCode, hidden: [outlet.folderFor(job.settings.root)] }),
  );
  const { limits, meter } = authority;
  run.receipt.limits = limits;
  run.receipt.meter = meter;
  const functions = await run.stage('capabilities', () => grantFunctions(job, prepared, engine.capabilities));
  using _slot = await run.stage('queue', () =>
    engine.admission.enter({
      pluginId: job.pluginId,
      maxConcurrency: limits.maxConcurrency,
      queueTimeoutMs: limits.queueTimeoutMs,
      signal: run.signal,
    }),
  );
  const output = await runInSandbox(run, { job, engine, prepared, authority, functions });
  run.artifacts = await run.stage('artifacts', () => writeArtifacts(run, job, { plan, output, outlet, meter }));
  return output;
}

interface GuestWork {
  readonly job: Job;
  readonly engine: Engine;
  readonly prepared: Prepared;
  readonly authority: Authority;
  readonly functions: readonly string[];
}

/** The three stages that need a sandbox. When this returns, nothing of the guest is left. */
async function runInSandbox(run: Run, work: GuestWork): Promise<unknown> {
  const { job, engine, prepared, authority, functions } = work;
  const { policy, meter } = authority;
  const { graceMs } = engine;
  const audit = (record: AuditRecord): void => run.audit(record);
  const env = functions.includes('env.read') ? pickEnv({ job, prepared, policy, audit }) : {};
  const { clock, hostApi } = engine;
  await using lent = run.closing(createHostApi({ ...hostApi, policy, meter, functions, audit, env, clock }), graceMs);
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
  const guest = { sandbox: place.value, hostApi: lent.value, functions, prepared, authority, input, graceMs };
  const value = await run.stage('handler', () => runHandler(run, guest));
  return await run.stage('output', () => parseOutput(run, job, value));
}

function describeHandler(job: Job): string {
  const { handler } = job;
  const written = typeof handler === 'string' ? handler : `${handler.file}#${handler.export}`;
  return written.slice(0, 1024);
}
