import type { ErrorCode, JsonValue } from '@kb-labs/contracts';

/** The only format that this version writes and reads. */
export const SNAPSHOT_FORMAT = 'kb.snapshot/1';

/** The one call whose answer is the environment. Of it a snapshot has `{ "$": "env" }`, and a replay what it was given. */
export const ENV_CALL = 'env.read';

/** An object of plain JSON that nobody here reads member by member. */
export type SnapshotFacts = Readonly<Record<string, JsonValue>>;

/** What the handler could do. Of the environment it has names alone. */
export interface SnapshotAuthority {
  readonly plugin: { readonly id: string; readonly version: string };
  /** Handler and schemas as `./file.js#export`, relative to the plugin's root. */
  readonly handler: string;
  readonly inputSchema: string | undefined;
  readonly outputSchema: string | undefined;
  readonly outputParts: readonly { readonly pointer: string; readonly schema: string }[];
  readonly manifestDigest: string | undefined;
  readonly policyDigest: string;
  readonly permissions: readonly SnapshotFacts[];
  readonly quotas: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
  readonly env: readonly string[];
  readonly dryRun: boolean;
}

/** How a host call ended. The value is encoded, see `decodeSnapshotValue`. */
export type SnapshotOutcome =
  | { readonly ok: true; readonly value: JsonValue }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
      readonly details: JsonValue;
    };

/** One host call. */
export interface SnapshotCall {
  /** Counts them in the order in which they began. */
  readonly call: number;
  readonly name: string;
  readonly args: readonly JsonValue[];
  readonly spanId: string;
  readonly startTime: number;
  readonly ms: number;
  readonly outcome: SnapshotOutcome;
}

/** How the run ended. */
export type SnapshotResult =
  | { readonly ok: true; readonly data: JsonValue }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly stage: string | undefined;
      /** The whole envelope, what the handler threw included. */
      readonly error: SnapshotFacts;
    };

/** One run, as it can be looked at again. Values of the plugin are encoded, masked, and cut where they are large. */
export interface Snapshot {
  readonly format: typeof SNAPSHOT_FORMAT;
  /** A UUIDv7: ids sort by time. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly endTime: number;
  readonly stamp: {
    readonly executionId: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId: string | undefined;
    readonly pluginId: string;
  };
  readonly request: { readonly handler: string; readonly input: JsonValue };
  /** What the handler was given and gave back, where that was not the input of the request and the data of the result. */
  readonly handled: { readonly input?: JsonValue | undefined; readonly output?: JsonValue | undefined };
  /** `undefined` where the run ended before it was decided. */
  readonly authority: SnapshotAuthority | undefined;
  readonly confinement: SnapshotFacts | undefined;
  /** In the order in which they ended. */
  readonly calls: readonly SnapshotCall[];
  readonly stages: readonly SnapshotFacts[];
  readonly denials: readonly SnapshotFacts[];
  readonly operations: readonly SnapshotFacts[];
  readonly artifacts: readonly SnapshotFacts[];
  readonly logs: readonly SnapshotFacts[];
  readonly progress: readonly SnapshotFacts[];
  readonly result: SnapshotResult;
  readonly metrics: SnapshotFacts;
  /** Values in which a secret was masked. */
  readonly masked: number;
  /** Records and values that there was no room for. */
  readonly cut: number;
  /** Bytes up to which a body was kept. */
  readonly maxBodyBytes: number;
  /** Bodies that are kept beside the snapshot, by SHA-256, with their bytes. */
  readonly bodies: Readonly<Record<string, number>>;
}

/** A snapshot, and the file that it was read from. */
export interface LoadedSnapshot extends Snapshot {
  readonly file: string;
}
