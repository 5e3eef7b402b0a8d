import type { ConfinementReport, ConfinementTable } from './confinement.js';
import type { GuestError } from './error-envelope.js';
import type { LogLevel, LogSource } from './log-record.js';
import type { PluginError } from './plugin-error.js';
import type { SandboxQuotaName } from './quotas.js';

/** Bytes that one message between a guest and its host carries, unless a larger result is allowed: 16 MiB. */
export const MAX_MESSAGE_BYTES = 16_777_216;

/** Opens places in which handlers run. The only interface that a custom sandbox implements. */
export interface SandboxAdapter extends AsyncDisposable {
  readonly name: string;
  /** How firmly it keeps each thing: probed once, never guessed. The conformance kit puts every claim to the test. */
  confines(): Promise<ConfinementTable>;
  /**
   * Resolves when the place is ready for a run. Throws `ERR_START_TIMEOUT`, `ERR_ABORTED`, `ERR_CONFINEMENT_TOO_WEAK`,
   * `ERR_SANDBOX_CRASHED`, `ERR_CONFIG_INVALID` (the plan) and `ERR_PROTOCOL` (the first words of the guest); where an adapter has a line before its
   * guests, `ERR_QUEUE_TIMEOUT` and, at once where the line is full, `ERR_QUOTA_EXCEEDED`.
   */
  acquire(plan: SandboxPlan): Promise<Sandbox>;
}

/** Who may meet what a run leaves in its guest: nobody, or later runs of the same plugin with the same plan, for the same tenant. */
export type SandboxIsolation =
  | { readonly kind: 'execution' }
  /** `reentrant`: the plugin says that several of its runs may be under way in one guest. */
  | { readonly kind: 'plugin'; readonly tenant: string; readonly reentrant: boolean };

/** What a sandbox must know before it knows the call. What it keeps from one run to another is for plans that are the same in all but their times. */
export interface SandboxPlan {
  readonly plugin: SandboxPlugin;
  readonly limits: SandboxLimits;
  /** The guest's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly policyDigest: string;
  /** Adapters whose guests serve one run each refuse `plugin` with `ERR_CONFIG_INVALID`. */
  readonly isolation: SandboxIsolation;
  /** Ends the wait for the place, not the run. */
  readonly signal: AbortSignal;
}

/** Whose code a sandbox loads, and where it lies. */
export interface SandboxPlugin {
  readonly id: string;
  readonly version: string;
  /** Real path of the folder that holds the plugin's code: all that the guest may load. */
  readonly root: string;
}

/**
 * Sandbox quotas, and `graceMs`: how long a guest has after an abort, and again after its own result. After SIGTERM it has at most
 * 50 ms of it. Then it is ended, whatever it does.
 */
export type SandboxLimits = Readonly<Record<SandboxQuotaName | 'graceMs', number>>;

/**
 * One place. Disposing ends whatever is left of the guest. When it resolves nothing of the guest runs any more; what the system has still to clear
 * away is waited for by the disposal of its adapter.
 */
export interface Sandbox extends AsyncDisposable {
  readonly confinement: ConfinementReport;
  /** Whether it was made for this call of `acquire`, rather than kept ready. */
  readonly coldStart: boolean;
  /** Never rejects: what a guest does wrong or suffers is an outcome. One run at a time. */
  run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome>;
}

/** An export of a module inside the plugin. `file` is a real absolute path below the plugin's root. */
export interface HandlerModule {
  readonly file: string;
  readonly export: string;
}

/** One run: which export, with which input, and what it may name. Made by the host alone. */
export interface SandboxCall {
  readonly executionId: string;
  readonly handler: HandlerModule;
  /** Standard Schemas of the plugin, evaluated in the sandbox. */
  readonly inputSchema: HandlerModule | undefined;
  readonly outputSchema: HandlerModule | undefined;
  /** Parts of the output that schemas of the plugin must accept as well; evaluated in the sandbox, after `outputSchema`. */
  readonly outputParts: readonly OutputPart[];
  /** Plain data of the kinds that the wire carries; the guest gets a copy, made when it is sent. */
  readonly input: unknown;
  /** The host functions that the guest may name: all else is absent from `ctx`. */
  readonly api: readonly string[];
  /** Ends the run with `ERR_ABORTED`. */
  readonly signal: AbortSignal;
}

/** A part of the output, by JSON pointer, and the Standard Schema that it must fit. A part that is absent fits. */
export interface OutputPart {
  readonly pointer: string;
  readonly schema: HandlerModule;
}

/** The host's side of the hole in the wall. */
export interface SandboxHost {
  /** Parses, asks the policy, charges the quota, acts. Rejects with a `PluginError`. Arguments are decoded, unchecked data. Nobody may change an answer: its bytes are sent from where they lie. */
  call(name: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown>;
  /** One-way words of the guest, in order. Must not throw. */
  note(note: GuestNote): void;
}

/** What a guest says without waiting for an answer. Its text and fields are its own and prove nothing. */
export type GuestNote =
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly source: LogSource;
      readonly text: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'progress'; readonly fraction: number | undefined; readonly message: string }
  | { readonly kind: 'track'; readonly name: string; readonly attributes: Readonly<Record<string, unknown>> };

/** Where in the guest a run ended. */
export type GuestPhase = 'load' | 'input' | 'handler' | 'output';

/** How a run ended. Every end is one of these; none is an exception. */
export type SandboxOutcome =
  | { readonly ok: true; readonly value: unknown; readonly usage: SandboxUsage }
  | {
      readonly ok: false;
      readonly error: PluginError;
      /** What the guest threw, where it threw. */
      readonly guestError: GuestError | undefined;
      readonly phase: GuestPhase;
      readonly usage: SandboxUsage;
    };

/** What the guest used, as seen from outside it. `undefined` where this adapter cannot tell the guest's use from the host's. */
export interface SandboxUsage {
  readonly cpuMs: number | undefined;
  /** The most memory the guest held beyond the empty sandbox. */
  readonly peakMemoryBytes: number | undefined;
  /** What counted against `maxOutputBytes`: UTF-8 bytes of text and fields, and 16 for each line. */
  readonly outputBytes: number;
  readonly resultBytes: number;
  /** Resources that the handler left open when it returned, by kind (`Timeout`, `FSReqCallback`). */
  readonly leaked: readonly string[];
}
