import type { AuditRecord, Sandbox, SandboxOutcome } from '@kb-labs/contracts';
import { isPending } from '../abort.js';
import type { CrashingHandler } from '../crash-loops.js';
import type { Run } from '../run.js';
import { pickEnv } from './environment.js';
import { runHandler } from './handler.js';
import { parseInput } from './input.js';
import { lendHostApi } from './lent-host-api.js';
import type { LentHostApi } from './lent-host-api.js';
import { parseOutput } from './output.js';
import type { Prepared } from './prepare.js';
import type { RoomWish } from './rooms.js';
import { acquireSandbox } from './sandbox.js';

/** All that is known of an execution once it may begin. */
export type GuestWork = RoomWish;

const NO_ENV: Readonly<Record<string, string>> = Object.freeze({});

/** The stages that need a sandbox. When this returns, nothing of the guest is left. */
export async function runInSandbox(run: Run, work: GuestWork): Promise<unknown> {
  const { job, engine, prepared, authority, functions } = work;
  const audit = (record: AuditRecord): void => run.audit(record);
  const env = functions.includes('env.read') ? pickEnv({ job, prepared, policy: authority.policy, audit }) : NO_ENV;
  if (run.isObserved) {
    run.emit({ type: 'authorised', authority: engine.describeAuthority({ job, prepared, authority, functions, env }) });
  }
  const hostApi = lendHostApi(run, { ...work, audit, env });
  try {
    const opened = run.stage('sandbox', () =>
      acquireSandbox(run, {
        adapter: engine.adapterFor(job.settings.sandbox),
        required: job.settings.requiredConfinement ?? engine.requiredConfinement,
        graceMs: engine.graceMs,
        env,
        isolation: engine.isolations(job, prepared),
        prepared,
        authority,
      }),
    );
    const sandbox = isPending(opened) ? await opened : opened;
    try {
      return await runGuest(run, work, { sandbox, hostApi });
    } finally {
      const closing = run.close(sandbox, engine.graceMs);
      if (closing !== undefined) await closing;
    }
  } finally {
    const closed = hostApi.close();
    if (closed !== undefined) await closed;
  }
}

interface Place {
  readonly sandbox: Sandbox;
  readonly hostApi: LentHostApi;
}

async function runGuest(run: Run, work: GuestWork, { sandbox, hostApi }: Place): Promise<unknown> {
  const { job, engine, prepared, authority, functions } = work;
  const parsed =
    job.inputSchema === undefined ? run.known('input', job.input) : run.stage('input', () => parseInput(run, job));
  const input = isPending(parsed) ? await parsed : parsed;
  if (run.isObserved) run.emit({ type: 'handler-input', input });
  const { presenter } = job.settings;
  const { pluginId, executionId, traceId } = run.identity;
  const analytics = functions.includes('analytics.track')
    ? engine.rooms.analytics?.forGuest({ pluginId, executionId, traceId })
    : undefined;
  const ended = (outcome: SandboxOutcome): void => engine.crashWatch.ended(crashingHandler(prepared), outcome);
  const guest = { sandbox, hostApi, functions, prepared, authority, input, graceMs: engine.graceMs, ended };
  const output = await run.stage('handler', () => runHandler(run, { ...guest, presenter, analytics }));
  if (run.isObserved) run.emit({ type: 'handler-output', output });
  if (job.outputSchema === undefined) return run.known('output', output);
  const checked = run.stage('output', () => parseOutput(run, job, output));
  return isPending(checked) ? await checked : checked;
}

/** Whose crashes count together. */
export function crashingHandler({ plugin, declaration }: Prepared): CrashingHandler {
  const { id: pluginId, version, root } = plugin;
  return { pluginId, version, root, handler: declaration.handler };
}
