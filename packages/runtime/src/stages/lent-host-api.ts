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
  return new Lent(run, lending);
}

// A class: an object with getters of its own gets a hidden class of its own as well, which lives until V8 collects all that is old.
class Lent implements LentHostApi {
  readonly #run: Run;
  readonly #lending: Lending;
  #opened: Opened | undefined;
  #isOver = false;

  constructor(run: Run, lending: Lending) {
    this.#run = run;
    this.#lending = lending;
  }

  get callsByName(): Readonly<Record<string, number>> {
    return this.#opened?.hostApi.callsByName ?? NO_CALLS;
  }

  get denials(): number {
    return this.#opened?.hostApi.denials ?? 0;
  }

  call(...[name, args, options]: Parameters<HostApi['call']>): Promise<unknown> {
    // An adapter whose guest talks on would otherwise have it served by what nobody closes, and nobody counts.
    if (this.#isOver) return Promise.reject(runOver());
    this.#opened ??= open(this.#run, this.#lending);
    return this.#opened.hostApi.call(name, args, options);
  }

  close(): Promise<void> | undefined {
    this.#isOver = true;
    return this.#opened === undefined ? undefined : this.#end(this.#opened);
  }

  async #end({ hostApi, port }: Opened): Promise<void> {
    const { graceMs } = this.#lending.engine;
    await this.#run.close(hostApi, graceMs);
    if (port !== undefined) await this.#run.close(port, graceMs);
  }
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
    audits: run.isObserved ? 'all' : 'denials',
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
