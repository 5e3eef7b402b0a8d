import type { Clock, ConfinementTable, ExecutionObserver, SandboxAdapter } from '@kb-labs/contracts';
import type { CommandRunner } from '@kb-labs/host-api';
import type { SignalLinks } from './abort.js';
import type { Admission } from './admission.js';
import type { ContextSettings } from './context.js';
import type { CrashWatch } from './crash-loops.js';
import type { Timers } from './deadline.js';
import type { KnownRuns } from './known-run.js';
import type { RequestDefaults } from './request.js';
import type { Rooms } from './rooms.js';
import type { SandboxChoice } from './shared-options.js';
import type { RuntimeLog } from './runtime-log.js';
import type { HostApiSettings } from './runtime-options.js';
import type { AuthorityDescriber } from './stages/authority-event.js';
import type { FunctionGrants } from './stages/capabilities.js';
import type { Isolations } from './stages/isolation.js';
import type { Authorities } from './stages/permissions.js';
import type { Finder } from './stages/prepare.js';
import type { UnderWay } from './under-way.js';

/** What all executions of one runtime share: made by `defaults.ts`, used by the stages. */
export interface Engine extends RequestDefaults {
  readonly adapterFor: (choice: SandboxChoice | undefined) => SandboxAdapter;
  readonly finderFor: (settings: ContextSettings) => Finder;
  readonly authorities: Authorities;
  readonly functionGrants: FunctionGrants;
  readonly isolations: Isolations;
  readonly describeAuthority: AuthorityDescriber;
  readonly rooms: Rooms;
  readonly admission: Admission;
  readonly crashWatch: CrashWatch;
  readonly clock: Clock;
  /** For time limits, which no clock holds. */
  readonly timers: Timers;
  readonly log: RuntimeLog;
  /** Milliseconds that a guest has after an abort and after its own result; after SIGTERM it has at most 50 of them. */
  readonly graceMs: number;
  readonly hostApi: Omit<HostApiSettings, 'shell'>;
  /** Runs commands for all plugins, so many at a time. */
  readonly commands: CommandRunner;
  readonly requiredConfinement: ConfinementTable;
  readonly observers: readonly ExecutionObserver[];
  readonly signals: SignalLinks;
  readonly underWay: UnderWay;
  /** Which runs may go the straight way. */
  readonly knownRuns: KnownRuns;
}
