import type { JsonValue } from '@kb-labs/contracts';

/** How a handler ended, in a record or in its replay. `value` is encoded; `undefined` where the record has none, which fits any. */
export type ReplayOutcome =
  | { readonly ok: true; readonly value: JsonValue | undefined }
  | {
      readonly ok: false;
      readonly code: string;
      /** Of what the handler threw, where it threw. */
      readonly error: { readonly name: string; readonly message: string } | undefined;
    };

/** A host call as the handler made it; arguments are encoded. */
export interface ReplayCall {
  readonly name: string;
  readonly args: readonly JsonValue[];
}

/** The first thing in which a replay was not like its record. `call` counts host calls in the order in which they began. */
export type ReplayDivergence =
  /** These files are of another plugin or version, or have no such handler. Nothing was run. */
  | { readonly kind: 'plugin'; readonly expected: string; readonly actual: string | undefined }
  /** A call that the record has not: with that name and those arguments, or not as often. `expected` is what it would have made next. */
  | {
      readonly kind: 'call';
      readonly call: number;
      readonly expected: ReplayCall | undefined;
      readonly actual: ReplayCall;
    }
  /** The record has the call, but of its answer no more than hash or outcome. */
  | { readonly kind: 'not-kept'; readonly call: number; readonly expected: ReplayCall; readonly problem: string }
  /** A call that the record has and the handler did not make before it ended. */
  | {
      readonly kind: 'missing-call';
      readonly call: number;
      readonly expected: ReplayCall;
      readonly actual: ReplayOutcome;
    }
  | { readonly kind: 'outcome'; readonly expected: ReplayOutcome; readonly actual: ReplayOutcome };

/** What came of a replay. */
export type ReplayReport = {
  /** Host calls that were answered from the record. */
  readonly answered: number;
  /** Values of the record that hold a mask in place of a secret, which may be why it diverged. */
  readonly masked: number;
  /** Variables that the run saw and the replay was not given. */
  readonly missingEnv: readonly string[];
  /**
   * What failed then after the handler had returned: the host's own schema, an artifact, the audit. None of it is the handler's, and none
   * is run again: `same` is about the handler alone. `undefined` where the run came through or the handler itself failed.
   */
  readonly failedLater:
    | { readonly code: string; readonly message: string; readonly stage: string | undefined }
    | undefined;
} & (
  | { readonly same: true; readonly outcome: ReplayOutcome }
  | { readonly same: false; readonly divergence: ReplayDivergence }
);
