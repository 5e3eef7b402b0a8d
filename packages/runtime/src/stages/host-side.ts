import * as types from 'node:util/types';
import type { GuestAnalytics, HostCallOutcome, Presenter, SandboxHost } from '@kb-labs/contracts';
import { codeOf, describeThrown, toEnvelope } from '../envelope.js';
import { createGuestLogBook } from '../guest-log.js';
import type { GuestLogBook } from '../guest-log.js';
import type { Run } from '../run.js';
import type { LentHostApi } from './lent-host-api.js';
import type { Authority } from './permissions.js';

/** Where the words of one guest go. */
export interface HostSideOptions {
  readonly hostApi: LentHostApi;
  readonly authority: Authority;
  readonly presenter: Presenter | undefined;
  readonly analytics: GuestAnalytics | undefined;
}

/** The host's side of the hole in the wall: answers calls, and takes down what the guest says by the way. */
export function createHostSide(run: Run, options: HostSideOptions): SandboxHost {
  let book: GuestLogBook | undefined;
  const bookOf = (): GuestLogBook => {
    if (book !== undefined) return book;
    book = createGuestLogBook(options.authority.limits.maxOutputBytes, run.clock);
    run.logs = book.records;
    return book;
  };
  const calls = createCallLog(run);
  return {
    async call(name, args, signal) {
      const spanId = run.nextSpanId();
      const end = run.isObserved ? calls.begin({ name, args, spanId }) : undefined;
      try {
        const value = await options.hostApi.call(name, args, { signal, spanId });
        end?.({ ok: true, value });
        return value;
      } catch (error) {
        end?.({ ok: false, error: describeFailure(error) });
        throw error;
      }
    },
    note(note) {
      if (note.kind === 'log') {
        const log = bookOf().add(note);
        if (log !== undefined) run.emit({ type: 'log', log });
      } else if (note.kind === 'track') {
        handOn(run, 'analytics-failed', () => options.analytics?.track(note.name, note.attributes));
      } else {
        if (run.isObserved) run.emit({ type: 'progress', message: note.message, fraction: note.fraction });
        handOn(run, 'presenter-failed', () => options.presenter?.progress(note.message, note.fraction));
      }
    },
  };
}

interface BegunCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly spanId: string;
}

/** Tells the observers of a call once it has ended. */
type EndCall = (outcome: HostCallOutcome) => void;

function createCallLog(run: Run): { begin(begun: BegunCall): EndCall } {
  let calls = 0;
  return {
    begin({ name, args, spanId }) {
      const call = calls++;
      const start = run.clock.monotonic();
      const startTime = run.clock.now();
      return (outcome) => {
        const ms = run.clock.monotonic() - start;
        const code = outcome.ok ? undefined : outcome.error.code;
        const shown = { name: name.slice(0, 128), args, callSpanId: spanId };
        run.emit({ type: 'host-call', call, ...shown, startTime, ms, code, outcome });
      };
    },
  };
}

function describeFailure(error: unknown): (HostCallOutcome & { readonly ok: false })['error'] {
  const { message, hint, details } = toEnvelope(error, undefined);
  return { code: codeOf(error), message, hint, details };
}

/** Hands on to something of the host's own. That it fails is no reason to end a plugin, nor, where it is asynchronous, the host. */
function handOn(run: Run, event: string, work: () => unknown): void {
  const report = (thrown: unknown): void =>
    run.log.write('error', event, { error: types.isProxy(thrown) ? 'a proxy' : describeThrown(thrown) });
  try {
    const returned = work();
    if (returned !== undefined) Promise.resolve(returned).catch(report);
  } catch (thrown) {
    report(thrown);
  }
}
