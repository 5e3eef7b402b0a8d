import { join } from 'node:path';
import type {
  GuestNote,
  HandlerModule,
  Sandbox,
  SandboxAdapter,
  SandboxCall,
  SandboxHost,
  SandboxLimits,
  SandboxOutcome,
  SandboxPlan,
} from '@kb-labs/contracts';

/** What all trials of one adapter share. */
export interface Bench {
  readonly adapter: SandboxAdapter;
  /** Real path of the kit's plugin. */
  readonly root: string;
  /** Multiplies every time limit, for slow machines. */
  readonly timeScale: number;
}

/** One run of one of the kit's guests. */
export interface Trial {
  /** `file.mjs#export`, inside the kit's plugin. */
  readonly handler: string;
  readonly input?: unknown;
  readonly inputSchema?: string;
  readonly outputSchema?: string;
  /** Schemas of parts of the output, by JSON pointer. */
  readonly outputParts?: Readonly<Record<string, string>>;
  readonly api?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<SandboxLimits>;
  readonly signal?: AbortSignal;
  readonly answer?: SandboxHost['call'];
  readonly onNote?: (note: GuestNote) => void;
}

/** How a run ended, what its guest said, and how long it took. */
export interface TrialReport {
  readonly outcome: SandboxOutcome;
  readonly notes: readonly GuestNote[];
  /** Of the run alone. */
  readonly elapsedMs: number;
}

/** Opens a place, runs in it, and closes it. */
export async function runTrial(bench: Bench, trial: Trial): Promise<TrialReport> {
  await using place = await bench.adapter.acquire(planTrial(bench, trial));
  return await runInPlace(place, bench, trial);
}

/** Runs in a place that is open, and leaves it open. */
export async function runInPlace(place: Sandbox, bench: Bench, trial: Trial): Promise<TrialReport> {
  const notes: GuestNote[] = [];
  const host: SandboxHost = {
    call: trial.answer ?? (() => Promise.reject(new Error('this trial lends no functions'))),
    note(note) {
      notes.push(note);
      trial.onNote?.(note);
    },
  };
  const begun = performance.now();
  const outcome = await place.run(callOf(bench, trial), host);
  return { outcome, notes, elapsedMs: performance.now() - begun };
}

const LIMITS: SandboxLimits = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 256,
  maxOutputBytes: 65_536,
  maxResultBytes: 1_048_576,
  maxInFlight: 8,
  graceMs: 200,
};
const TIMES = ['timeoutMs', 'startTimeoutMs', 'cpuMs', 'graceMs'] as const;

/** The plan of a trial; `limits` are written for a machine of common speed and scaled here. */
export function planTrial(bench: Bench, { limits, env, signal }: Trial): SandboxPlan {
  const scaled = { ...LIMITS, ...limits };
  for (const name of TIMES) scaled[name] = Math.ceil(scaled[name] * bench.timeScale);
  return {
    plugin: { id: 'conformance', version: '1.0.0', root: bench.root },
    limits: scaled,
    env: env ?? {},
    policyDigest: 'conformance',
    isolation: { kind: 'execution' },
    signal: signal?.aborted === false ? signal : new AbortController().signal,
  };
}

function callOf(bench: Bench, trial: Trial): SandboxCall {
  return {
    executionId: 'conformance',
    handler: moduleOf(bench, trial.handler),
    inputSchema: trial.inputSchema === undefined ? undefined : moduleOf(bench, trial.inputSchema),
    outputSchema: trial.outputSchema === undefined ? undefined : moduleOf(bench, trial.outputSchema),
    outputParts: Object.entries(trial.outputParts ?? {}).map(([pointer, name]) => ({
      pointer,
      schema: moduleOf(bench, name),
    })),
    input: trial.input,
    api: trial.api ?? [],
    signal: trial.signal ?? new AbortController().signal,
  };
}

function moduleOf({ root }: Bench, name: string): HandlerModule {
  const [file = '', exported = ''] = name.split('#');
  return { file: join(root, file), export: exported };
}
