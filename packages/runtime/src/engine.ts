import type { KnownCapabilities } from '@kb-labs/capabilities';
import type { Clock, ConfinementTable, ExecutionObserver, SandboxAdapter } from '@kb-labs/contracts';
import type { CommandRunner } from '@kb-labs/host-api';
import type { SignalLinks } from './abort.js';
import type { Admission } from './admission.js';
import type { CrashWatch } from './crash-loops.js';
import type { RequestDefaults } from './request.js';
import type { Rooms } from './rooms.js';
import type { SandboxChoice } from './shared-options.js';
import type { RuntimeLog } from './runtime-log.js';
import type { HostApiSettings } from './runtime-options.js';

/** What all executions of one runtime share: made by `defaults.ts`, used by the stages. */
export interface Engine extends RequestDefaults {
  readonly adapterFor: (choice: SandboxChoice | undefined) => SandboxAdapter;
  readonly rooms: Rooms;
  readonly admission: Admission;
  readonly crashWatch: CrashWatch;
  readonly clock: Clock;
  readonly log: RuntimeLog;
  /** Milliseconds that a guest has after an abort and after its own result; after SIGTERM it has at most 50 of them. */
  readonly graceMs: number;
  readonly capabilities: KnownCapabilities;
  readonly hostApi: Omit<HostApiSettings, 'shell'>;
  /** Runs commands for all plugins, so many at a time. */
  readonly commands: CommandRunner;
  readonly requiredConfinement: ConfinementTable;
  readonly observers: readonly ExecutionObserver[];
  /** Real folders of the runtime's own code: no plugin writes them. */
  readonly ownCode: readonly string[];
  readonly signals: SignalLinks;
  /** Aborts when the runtime is disposed. */
  readonly closing: AbortSignal;
}
