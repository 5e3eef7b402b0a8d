import type {
  ErrorDetails,
  GuestError,
  GuestPhase,
  HandlerModule,
  Issue,
  LogLevel,
  LogSource,
  OutputPart,
} from '@kb-labs/contracts';

/** The version of this set of messages. A guest that speaks another one is refused. */
export const WIRE_VERSION = 3;

/** The one call that may wait as long as its run. It takes no place of `maxInFlight`, and of it one may be open. */
export const WAITING_CALL = 'events.next';

/** Characters in the name of what a guest tracks. */
export const MAX_TRACK_NAME = 64;

/** Why a run failed inside the guest, in the guest's own words. The host decides what it means. */
export type GuestFailureKind = 'not-found' | 'threw' | 'issues' | 'unsendable' | 'too-large';

/** All that a host may say. */
export type HostMessage =
  /** Loads modules and calls nothing. */
  | ({ readonly t: 'preload'; readonly realm: GuestRealm } & GuestModules)
  /** `realm` comes once, with the first of these two. */
  | ({
      readonly t: 'run';
      readonly run: number;
      readonly realm: GuestRealm | undefined;
      readonly input: unknown;
      readonly api: readonly string[];
    } & GuestModules)
  | ({ readonly t: 'reply'; readonly run: number } & HostReply)
  /** The run is to end: calls that come now are refused, and the guest says `done` as soon as it can. */
  | { readonly t: 'abort'; readonly run: number; readonly code: string; readonly reason: string };

/** The answer to one call of a run. */
export type HostReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: HostCallFailure };

/** What a run loads of its plugin. */
export interface GuestModules {
  readonly handler: HandlerModule;
  readonly inputSchema: HandlerModule | undefined;
  readonly outputSchema: HandlerModule | undefined;
  readonly outputParts: readonly OutputPart[];
}

/** The surroundings of all runs of one guest. */
export interface GuestRealm {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether there is a global `fetch`. */
  readonly fetch: boolean;
  readonly limits: GuestLimits;
}

/** Limits that the guest's side keeps by itself, so that honest code meets a clear error rather than a kill. */
export interface GuestLimits {
  readonly maxInFlight: number;
  readonly maxOutputBytes: number;
  readonly maxResultBytes: number;
  readonly maxBinaryBytes: number;
  readonly maxDepth: number;
  readonly maxCallJsonBytes: number;
  readonly maxCallElements: number;
  readonly graceMs: number;
}

/** A refused or failed host call, as the guest sees it. */
export interface HostCallFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;
}

/** All that a guest may say. Anything else ends it with `ERR_PROTOCOL`. What concerns a run bears the number that its host gave it. */
export type GuestMessage =
  | { readonly t: 'ready'; readonly version: number }
  /** Whether the modules are there, and nothing is open or under way. */
  | { readonly t: 'loaded'; readonly ok: boolean }
  | (RunMessage & { readonly run: number });

/** What a guest says in a run, without the number of the run. */
export type RunMessage =
  | { readonly t: 'call'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly t: 'cancel'; readonly id: number }
  | OutputMessage
  /** `isLast`: it is over as well, as with a `done` that nothing has leaked and that another run may come. */
  | { readonly t: 'result'; readonly ok: true; readonly value: unknown; readonly isLast: boolean }
  | (GuestFailureMessage & { readonly isLast: boolean })
  /** The last word of a run. `reusable` says that nothing of it is left that another run could meet. */
  | { readonly t: 'done'; readonly leaked: readonly string[]; readonly reusable: boolean };

/** What nobody answers, and `maxOutputBytes` bounds. */
export type OutputMessage =
  | {
      readonly t: 'log';
      readonly level: LogLevel;
      readonly source: LogSource;
      readonly text: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly t: 'progress'; readonly message: string; readonly fraction: number | undefined }
  | { readonly t: 'track'; readonly name: string; readonly attributes: Readonly<Record<string, unknown>> };

/** A run that failed, in the words of the guest, which prove nothing. */
export interface GuestFailureMessage {
  readonly t: 'result';
  readonly ok: false;
  readonly phase: GuestPhase;
  readonly kind: GuestFailureKind;
  readonly message: string;
  readonly error: GuestError | undefined;
  readonly issues: readonly Issue[];
  /** Of a result that was too large. */
  readonly bytes: number | undefined;
}
