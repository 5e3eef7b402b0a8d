import { createError } from '@kb-labs/contracts';
import type {
  PluginError,
  SandboxCall,
  SandboxHost,
  SandboxLimits,
  SandboxOutcome,
  SandboxUsage,
} from '@kb-labs/contracts';
import type { Deadlines } from './deadlines.js';
import type { GuestFall, GuestFate, GuestLifeline } from './guest-fate.js';
import type { HostPeer } from './host-peer.js';
import type { HostRun } from './host-run.js';
import { inputError, outcomeOf } from './outcome.js';
import type { ArrivedResult } from './outcome.js';
import { watchTime } from './run-time.js';
import { createSettled, within } from './waiting.js';
import type { Settled } from './waiting.js';

/** What the runs of one session share. */
export interface SessionRunsOptions {
  readonly peer: HostPeer;
  readonly fate: GuestFate;
  readonly lifeline: GuestLifeline;
  readonly limits: SandboxLimits;
  readonly deadlines: Deadlines;
  readonly stays: boolean;
}

/** The runs of one session, in turn or at once. */
export interface SessionRuns {
  run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome>;
  readonly hasBegun: boolean;
  /** Whether the guest stays, and each run has said that another may come. */
  readonly areReusable: boolean;
}

/** How a run is to end: by its result, by its time or its caller, or with its guest. */
type Verdict =
  | ({ readonly kind: 'result' } & ArrivedResult)
  | { readonly kind: 'stop'; readonly error: PluginError }
  | { readonly kind: 'fall'; readonly fall: GuestFall };

/** What a guest says of a run when it is over. */
interface LastWord {
  readonly leaked: readonly string[];
  readonly reusable: boolean;
}

const NO_WORD: LastWord = { leaked: [], reusable: false };
/** Nothing of it has reached the guest. */
const UNSENT: LastWord = { leaked: [], reusable: true };
const LATE_WORD: LastWord = { leaked: ['did not leave within graceMs'], reusable: false };

/** Makes it, with none. */
export function createSessionRuns(options: SessionRunsOptions): SessionRuns {
  const { peer, fate, limits, stays, deadlines } = options;
  const state: RunsState = { hasBegun: false, areReusable: stays, open: 0, usedMs: 0 };
  const parts = { options, state };
  return {
    get hasBegun() {
      return state.hasBegun;
    },
    get areReusable() {
      return state.areReusable;
    },
    async run(call, host) {
      const meter = openMeter(options, state);
      const verdict = createSettled<Verdict>();
      const last: Last = { word: undefined, settled: createSettled() };
      const settle = (word: LastWord): void => {
        last.word ??= word;
        last.settled.settle(word);
      };
      state.hasBegun = true;
      state.open += 1;
      const sent = trySend(() =>
        peer.begin(call, {
          host,
          events: {
            onResult: (result, bytes) => verdict.settle({ kind: 'result', result, bytes }),
            onDone: (leaked, reusable) => settle({ leaked, reusable }),
          },
        }),
      );
      if ('error' in sent) {
        await close(UNSENT, parts);
        return failed(sent.error, { ...meter(), outputBytes: 0, resultBytes: 0, leaked: [] });
      }
      const unlisten = fate.onFall((fall) => {
        verdict.settle({ kind: 'fall', fall });
        settle(NO_WORD);
      });
      const time = { call, deadlines, limits };
      const unwatch = watchTime(time, (error) => verdict.settle({ kind: 'stop', error }));
      const first = await verdict.promise;
      unwatch();
      const outcome = await conclude(first, { run: sent.run, last, meter }, parts);
      unlisten();
      return outcome;
    },
  };
}

interface RunsState {
  hasBegun: boolean;
  areReusable: boolean;
  /** Runs that have begun and are not over. */
  open: number;
  /** CPU time of the guest that has been counted. */
  usedMs: number;
}

type Used = Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;

/** CPU time counts from the end of the run that was measured last. Of runs that overlap, each has what the guest used meanwhile. */
function openMeter({ lifeline }: SessionRunsOptions, state: RunsState): () => Used {
  const baseMs = state.usedMs;
  return () => {
    const { cpuMs, peakMemoryBytes } = lifeline.usage();
    if (cpuMs === undefined) return { cpuMs, peakMemoryBytes };
    state.usedMs = cpuMs;
    return { cpuMs: cpuMs - baseMs, peakMemoryBytes };
  };
}

/** The last word of a run, once it has come. */
interface Last {
  word: LastWord | undefined;
  readonly settled: Settled<LastWord>;
}

/** One run that was sent. */
interface OpenRun {
  readonly run: HostRun;
  readonly last: Last;
  readonly meter: () => Used;
}

interface RunsParts {
  readonly options: SessionRunsOptions;
  readonly state: RunsState;
}

async function conclude(verdict: Verdict, open: OpenRun, parts: RunsParts): Promise<SandboxOutcome> {
  switch (verdict.kind) {
    case 'result':
      return await finish(verdict, open, parts);
    case 'stop':
      return await stop(verdict.error, open, parts);
    case 'fall':
      return await meet(verdict.fall, open, parts);
    default:
      return verdict satisfies never;
  }
}

async function finish(
  arrived: ArrivedResult,
  { run, last, meter }: OpenRun,
  parts: RunsParts,
): Promise<SandboxOutcome> {
  const { fate, limits } = parts.options;
  // As a rule it came together with the result.
  const word = last.word ?? (await within(limits.graceMs, last.settled.promise)) ?? LATE_WORD;
  if (word === LATE_WORD) fate.fall({ kind: 'force', error: didNotLeave(), run: run.id });
  const used = meter();
  await close(word, parts);
  const resultBytes = arrived.result.ok ? arrived.bytes : 0;
  const usage = { ...used, outputBytes: run.output.bytes(), resultBytes, leaked: word.leaked };
  return outcomeOf(arrived, { maxResultBytes: limits.maxResultBytes, usage });
}

async function stop(error: PluginError, { run, last, meter }: OpenRun, parts: RunsParts): Promise<SandboxOutcome> {
  const { fate, limits } = parts.options;
  run.abort(error.code, error.message);
  const word = await within(limits.graceMs, last.settled.promise);
  if (word === undefined) fate.fall({ kind: 'ask', error, run: run.id });
  await close(word ?? NO_WORD, parts);
  return failed(error, { ...meter(), outputBytes: run.output.bytes(), resultBytes: 0, leaked: [] });
}

async function meet(fall: GuestFall, { run, meter }: OpenRun, parts: RunsParts): Promise<SandboxOutcome> {
  const { error } = await parts.options.fate.end();
  await close(NO_WORD, parts);
  const isItsOwn = fall.run === undefined || fall.run === run.id;
  const usage = { ...meter(), outputBytes: run.output.bytes(), resultBytes: 0, leaked: [] };
  return failed(isItsOwn ? error : endedByAnother(error), usage);
}

/** A run is over. Ends the guest where nobody can or may use it any more. */
async function close({ reusable }: LastWord, { options, state }: RunsParts): Promise<void> {
  const { fate, stays } = options;
  state.open -= 1;
  state.areReusable &&= reusable;
  const isLeft = stays && (state.areReusable || state.open > 0);
  if (!isLeft || fate.fallen !== undefined) await fate.end();
}

function failed(error: PluginError, usage: SandboxUsage): SandboxOutcome {
  return { ok: false, error, guestError: undefined, phase: 'handler', usage };
}

function trySend(send: () => HostRun): { readonly run: HostRun } | { readonly error: PluginError } {
  try {
    return { run: send() };
  } catch (error) {
    return { error: inputError(error) };
  }
}

function didNotLeave(): PluginError {
  return createError('ERR_SANDBOX_CRASHED', 'a run did not leave the guest within graceMs');
}

function endedByAnother(cause: PluginError): PluginError {
  const { code, message } = cause;
  // Why its caller called it off is for that one alone.
  const why = code === 'ERR_ABORTED' ? 'it was called off, and did not stop' : message;
  return createError(
    'ERR_SANDBOX_CRASHED',
    `another run of the same plugin ended the process that both were in: ${why}`,
    {
      details: { endedBy: code },
      hint: 'run it again; a plugin that does not declare itself re-entrant has its process to itself',
      cause,
    },
  );
}
