import { createError } from '@kb-labs/contracts';
import type { ExecuteResult, InvokeCall, InvokePort, InvokeTarget, PluginRegistry } from '@kb-labs/contracts';
import { assertAllowed } from '@kb-labs/permissions';
import type { Caller } from './caller.js';
import { createInvokePlaces } from './invoke-places.js';
import type { Job } from './request.js';

/** Who invokes, and how another run is led. */
export interface InvokeOptions {
  readonly job: Job;
  readonly caller: Omit<Caller, 'places'>;
  readonly traceId: string;
  /** Milliseconds that the invoking run has left. */
  readonly timeLeft: () => number;
  readonly lead: (job: Job) => Promise<ExecuteResult>;
}

/**
 * Lets one run invoke handlers of other plugins: with what both may do, within the time that is left, and never deeper than the quota.
 * The other run is an execution of its own, with its own sandbox and receipt, in the same trace; it may have to wait for a place.
 */
export function createInvokePort(options: InvokeOptions): InvokePort {
  const { job, caller } = options;
  const places = job.caller?.places ?? createInvokePlaces(caller.meter.limits.maxConcurrency);
  const branch = places.branch();
  return {
    async invoke(call) {
      const registry = assertMayGoOn(call, options);
      using _place = await branch.enter(call.signal);
      const result = await options.lead(jobOfCall(call, { ...options, caller: { ...caller, places }, registry }));
      if (result.ok) return result.data;
      throw createError(result.error.code, `${describe(call.target)} failed: ${result.error.message}`, {
        details: { target: describe(call.target), executionId: result.executionId, stage: result.error.stage },
        ...(result.error.hint === undefined ? {} : { hint: result.error.hint }),
      });
    },
  };
}

/** Asked before anything is waited for. */
function assertMayGoOn({ target }: InvokeCall, { job, caller }: InvokeOptions): PluginRegistry {
  if (caller.depthLeft < 1) throw tooDeep(caller);
  if (job.registry === undefined) throw noRegistry(target);
  return job.registry;
}

interface Nesting extends InvokeOptions {
  readonly caller: Caller;
  readonly registry: PluginRegistry;
}

function jobOfCall(call: InvokeCall, options: Nesting): Job {
  const { job, caller, registry, traceId, timeLeft } = options;
  const { pluginId, range, handler } = call.target;
  return {
    settings: job.settings,
    handler,
    input: call.input,
    source: { kind: 'registry', name: { id: pluginId, range }, registry },
    registry,
    inputSchema: undefined,
    outputSchema: undefined,
    signal: call.signal,
    timeoutMs: Math.max(1, Math.floor(Math.min(call.timeoutMs ?? Number.POSITIVE_INFINITY, timeLeft()))),
    pluginId,
    trace: { traceId, parentSpanId: call.parentSpanId },
    dryRun: job.dryRun,
    caller,
  };
}

/** Throws `ERR_PERMISSION_DENIED` where the caller may invoke that handler, but not of the version that was found. */
export function assertMayInvoke(job: Job, version: string): void {
  const { caller, handler, source } = job;
  if (caller === undefined || typeof handler !== 'string' || source.kind !== 'registry') return;
  const target = { pluginId: source.name.id, range: source.name.range, handler };
  assertAllowed(caller.policy, { kind: 'invoke', target, version });
}

/** Throws `ERR_QUOTA_EXCEEDED` where a handler stands in its own chain of callers, however far up. */
export function assertNoCycle(handler: string, caller: Caller | undefined, pluginId: string): void {
  if (caller?.chain.includes(handler) !== true) return;
  throw createError('ERR_QUOTA_EXCEEDED', `a handler of "${pluginId}" was invoked by a run that it began itself`, {
    details: { quota: 'maxInvokeDepth', reason: 'cycle', depth: caller.chain.length },
    hint: 'let no chain of invocations come back to a handler that is in it',
  });
}

function tooDeep(caller: Pick<Caller, 'chain'>): Error {
  const depth = caller.chain.length - 1;
  return createError('ERR_QUOTA_EXCEEDED', `no further plugin may be invoked: ${depth} stand above this one`, {
    details: { quota: 'maxInvokeDepth', used: depth, limit: depth },
    hint: 'raise quotas.maxInvokeDepth of every run in the chain, or invoke from higher up',
  });
}

function noRegistry(target: InvokeTarget): Error {
  return createError('ERR_HANDLER_NOT_FOUND', `there is no registry in which ${describe(target)} could be found`, {
    details: { target: describe(target) },
    hint: 'let the host hand in a registry: to execute, to createPluginContext or to createRuntime',
  });
}

function describe({ pluginId, range, handler }: InvokeTarget): string {
  return range === '*' ? `${pluginId}:${handler}` : `${pluginId}@${range}:${handler}`;
}
