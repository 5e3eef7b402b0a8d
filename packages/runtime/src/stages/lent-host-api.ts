import type { AuditRecord, EventPort } from '@kb-labs/contracts';
import { createHostApi } from '@kb-labs/host-api';
import type { HostApi } from '@kb-labs/host-api';
import type { Run } from '../run.js';
import { openRooms } from './rooms.js';
import type { RoomWish } from './rooms.js';

/** What a run lends its guest, and who hears of it. */
export interface Lending extends RoomWish {
  readonly audit: (record: AuditRecord) => void;
  readonly env: Readonly<Record<string, string>>;
}

/** What a guest may call, which is there from its first call on: many make none. */
export interface LentHostApi extends Pick<HostApi, 'call' | 'callsByName' | 'denials'> {
  /** Ends what is under way. Does not wait longer than the grace for any of it. */
  close(): Promise<void>;
  readonly isOpen: boolean;
}

interface Opened {
  readonly hostApi: HostApi;
  readonly port: EventPort | undefined;
}

const NO_CALLS: Readonly<Record<string, number>> = Object.freeze({});

/** Lends the host API of one run. */
export function lendHostApi(run: Run, lending: Lending): LentHostApi {
  let opened: Opened | undefined;
  const { graceMs } = lending.engine;
  return {
    async call(name, args, options) {
      opened ??= open(run, lending);
      return await opened.hostApi.call(name, args, options);
    },
    get callsByName() {
      return opened?.hostApi.callsByName ?? NO_CALLS;
    },
    get denials() {
      return opened?.hostApi.denials ?? 0;
    },
    get isOpen() {
      return opened !== undefined;
    },
    async close() {
      if (opened === undefined) return;
      await run.close(opened.hostApi, graceMs);
      if (opened.port !== undefined) await run.close(opened.port, graceMs);
    },
  };
}

function open(run: Run, lending: Lending): Opened {
  const { job, engine, authority, functions, audit, env } = lending;
  const { propagateTrace, ...settings } = engine.hostApi;
  const { presenter } = job.settings;
  const rooms = openRooms(run, lending);
  const hostApi = createHostApi({
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
  return { hostApi, port: rooms.events };
}
