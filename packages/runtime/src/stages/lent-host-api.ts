import { createError } from '@kb-labs/contracts';
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
  /**
   * Refuses what comes from now on, a first call as well, and ends what is under way; does not wait longer than the grace for any of it. Nothing to wait
   * for where nothing was called.
   */
  close(): Promise<void> | undefined;
}

interface Opened {
  readonly hostApi: HostApi;
  readonly port: EventPort | undefined;
}

const NO_CALLS: Readonly<Record<string, number>> = Object.freeze({});

/** Lends the host API of one run. */
export function lendHostApi(run: Run, lending: Lending): LentHostApi {
  let opened: Opened | undefined;
  let isOver = false;
  const { graceMs } = lending.engine;
  const end = async ({ hostApi, port }: Opened): Promise<void> => {
    await run.close(hostApi, graceMs);
    if (port !== undefined) await run.close(port, graceMs);
  };
  return {
    async call(name, args, options) {
      // An adapter whose guest talks on would otherwise have it served by what nobody closes, and nobody counts.
      if (isOver) throw runOver();
      opened ??= open(run, lending);
      return await opened.hostApi.call(name, args, options);
    },
    get callsByName() {
      return opened?.hostApi.callsByName ?? NO_CALLS;
    },
    get denials() {
      return opened?.hostApi.denials ?? 0;
    },
    close() {
      isOver = true;
      return opened === undefined ? undefined : end(opened);
    },
  };
}

function runOver(): Error {
  return createError('ERR_PERMISSION_DENIED', 'the run is over: its host functions are closed', {
    details: { reason: 'run-over' },
    hint: 'await every host call before the handler returns',
  });
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
