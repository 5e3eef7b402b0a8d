import { createError } from '@kb-labs/contracts';
import type { SandboxHost } from '@kb-labs/contracts';
import { canonicalJson } from './canonical-json.js';
import { decodeSnapshotValue } from './snapshot-decode.js';
import type { BodySource } from './snapshot-decode.js';
import type { SnapshotEncoder } from './snapshot-encode.js';
import type { ReplayCall, ReplayDivergence } from './replay-report.js';
import { Turns } from './replay-turns.js';
import { ENV_CALL } from './snapshot.js';
import type { Snapshot, SnapshotCall } from './snapshot.js';

/** What answers from a record. */
export interface RecordOptions {
  readonly snapshot: Snapshot;
  readonly bodies: BodySource;
  readonly encoder: SnapshotEncoder;
  /** What the guest sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Told once. */
  readonly onDivergence: (divergence: ReplayDivergence) => void;
}

/** Waits for something rather than to do something: the end of a run may come before its answer. */
const WAITING = 'events.next';

/**
 * The host's side of a run that may do nothing at all: each call is answered with the recorded outcome of the call of that name with those
 * arguments, the first of equal ones first, in the order in which they were answered then. Words of the guest by the way are ignored.
 */
export class RecordedHost implements SandboxHost {
  readonly #options: RecordOptions;
  readonly #turns: Turns;
  /** Recorded calls that were not made yet, by name and arguments, in the order in which they began. */
  readonly #unused = new Map<string, SnapshotCall[]>();
  answered = 0;
  #made = 0;

  constructor(options: RecordOptions) {
    this.#options = options;
    const { calls } = options.snapshot;
    this.#turns = new Turns(calls.filter((call) => !wasAborted(call)).map(({ call }) => call));
    for (const call of calls.toSorted((a, b) => a.call - b.call)) {
      const key = keyOf(call);
      const equal = this.#unused.get(key);
      if (equal === undefined) this.#unused.set(key, [call]);
      else equal.push(call);
    }
  }

  async call(name: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const actual = { name, args: args.map((argument) => this.#options.encoder.encode(argument)) };
    const index = this.#made++;
    const recorded = this.#unused.get(keyOf(actual))?.shift();
    if (recorded === undefined) {
      // It was still waiting when the run ended, and nobody was told of an answer.
      if (name === WAITING) return await untilAborted(signal);
      return this.#diverge({ kind: 'call', call: index, expected: this.#next(), actual });
    }
    this.answered += 1;
    if (wasAborted(recorded)) return await untilAborted(signal);
    await this.#turns.wait(recorded.call);
    return this.#answer(recorded);
  }

  note(): void {
    // Logs and progress go nowhere: what they say shows in no outcome.
  }

  /** The first recorded call that was not made, if it had to be: one that only waited may have come too late. */
  missing(): SnapshotCall | undefined {
    return [...this.#unused.values()]
      .flat()
      .filter((call) => call.name !== WAITING && !wasAborted(call))
      .toSorted((a, b) => a.call - b.call)[0];
  }

  #next(): ReplayCall | undefined {
    const missing = this.missing();
    return missing === undefined ? undefined : callOf(missing);
  }

  [Symbol.dispose](): void {
    this.#turns[Symbol.dispose]();
  }

  #answer(recorded: SnapshotCall): unknown {
    const { outcome } = recorded;
    const { bodies, env } = this.#options;
    if (outcome.ok && recorded.name === ENV_CALL) return { ...env };
    let value: unknown;
    try {
      value = decodeSnapshotValue(outcome.ok ? outcome.value : outcome.details, bodies);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return this.#diverge({ kind: 'not-kept', call: recorded.call, expected: callOf(recorded), problem });
    }
    if (outcome.ok) return value;
    throw createError(outcome.code, outcome.message, {
      ...(outcome.hint === undefined ? {} : { hint: outcome.hint }),
      details: typeof value === 'object' && value !== null ? { ...value } : {},
    });
  }

  #diverge(divergence: ReplayDivergence): never {
    this.#options.onDivergence(divergence);
    throw createError('ERR_ABORTED', 'the replay diverged from its record');
  }
}

/** Name and arguments alone. */
export function callOf({ name, args }: ReplayCall): ReplayCall {
  return { name, args };
}

function keyOf({ name, args }: ReplayCall): string {
  return `${name} ${canonicalJson(args)}`;
}

function wasAborted({ outcome }: SnapshotCall): boolean {
  return !outcome.ok && outcome.code === 'ERR_ABORTED';
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
  throw createError('ERR_ABORTED', 'the call was aborted');
}
