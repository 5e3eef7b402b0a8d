import { DEFAULT_EVENT_SCOPES } from '@kb-labs/contracts';
import type {
  ArtifactAccess,
  ArtifactInfo,
  ArtifactRules,
  ArtifactStore,
  EventPort,
  EventRules,
  ExecuteResult,
  InvokePort,
  PermissionSpec,
} from '@kb-labs/contracts';
import type { Engine } from '../engine.js';
import { createInvokePort } from '../invoke.js';
import type { Job } from '../request.js';
import type { Run } from '../run.js';
import type { Authority } from './permissions.js';
import type { Prepared } from './prepare.js';

/** All that one execution needs of the rooms, and what it may do there. */
export interface RoomWish {
  readonly job: Job;
  readonly engine: Engine;
  readonly prepared: Prepared;
  readonly authority: Authority;
  readonly functions: readonly string[];
  readonly store: () => ArtifactStore;
  readonly lead: (job: Job, engine: Engine) => Promise<ExecuteResult>;
}

/** What the host API is joined to; absent where the guest holds no function for it. */
export interface OpenRooms {
  readonly artifacts?: ArtifactAccess;
  readonly events?: EventPort;
  readonly invoke?: InvokePort;
}

/** Opens what the guest may use. The event port is the caller's to close. */
export function openRooms(run: Run, wish: RoomWish): OpenRooms {
  const { job, engine, authority, functions, store } = wish;
  const { pluginId, executionId, traceId } = run.identity;
  const holds = (group: string): boolean => functions.some((name) => name.startsWith(`${group}.`));
  const { rooms } = engine;
  const { permissions } = authority;
  const port = { pluginId, executionId, traceId, rules: permissions.map(eventRules), signal: run.signal };
  return {
    ...(holds('artifacts') && {
      artifacts: telling(run, rooms.artifacts.accessFor(store(), pluginId, permissions.map(artifactRules))),
    }),
    ...(holds('events') && { events: rooms.events.open(port, job.dryRun) }),
    ...(holds('invoke') && { invoke: openInvoke(run, wish) }),
  };
}

/** What a handler stores by itself stands in the result beside what its manifest declares. */
function telling(run: Run, access: ArtifactAccess): ArtifactAccess {
  const told = async (stored: Promise<ArtifactInfo>): Promise<ArtifactInfo> => {
    const artifact = await stored;
    run.artifact(artifact);
    return artifact;
  };
  return {
    readStream: (uri, options) => access.readStream(uri, options),
    writeStream: (uri, body, options) => told(access.writeStream(uri, body, options)),
    list: (query) => access.list(query),
    stat: (uri, options) => access.stat(uri, options),
    delete: (uri, options) => access.delete(uri, options),
    wait: (uri, options) => access.wait(uri, options),
    copy: (from, to, options) => told(access.copy(from, to, options)),
  };
}

function openInvoke(run: Run, { job, engine, prepared, authority, functions, lead }: RoomWish): InvokePort {
  const { policy, permissions, meter, depthLeft, limits } = authority;
  const chain = [...(job.caller?.chain ?? []), handlerId(prepared)];
  return createInvokePort({
    job,
    caller: { policy, permissions, functions, meter, chain, depthLeft },
    traceId: run.identity.traceId,
    timeLeft: () => (run.handlerStart ?? run.clock.monotonic()) + limits.timeoutMs - run.clock.monotonic(),
    lead: (nested) => lead(nested, engine),
  });
}

/** A handler as a chain of invocations knows it, whatever name it was called by. */
export function handlerId({ handler }: Prepared): string {
  return `${handler.file}#${handler.export}`;
}

function artifactRules({ artifacts }: PermissionSpec): ArtifactRules {
  return { read: artifacts?.read ?? [], write: artifacts?.write ?? [] };
}

function eventRules({ events }: PermissionSpec): EventRules {
  const { produce, consume, scopes = DEFAULT_EVENT_SCOPES } = events ?? {};
  return { produce: produce ?? [], consume: consume ?? [], scopes: scopes ?? [] };
}
