import type { EventPort, EventPortOptions, GuestAnalytics } from '@kb-labs/contracts';
import type { ArtifactOutlet } from './artifact-outlet.js';
import type { AuditOutlet } from './audit-outlet.js';

/** Whom a record of a guest is about. */
export interface TrackedRun {
  readonly pluginId: string;
  readonly executionId: string;
  readonly traceId: string;
}

/** Where guests' records go. An `Analytics` of `@kb-labs/analytics` is one. */
export interface AnalyticsOutlet {
  forGuest(run: TrackedRun): GuestAnalytics;
}

/** Hands out ports to the bus of the runtime, or, in a dry run, to one that nobody else hears. */
export interface EventOutlet {
  open(options: EventPortOptions, dryRun: boolean): EventPort;
}

/** What the runtime is joined to, each known to the engine by what it needs of it. */
export interface Rooms {
  readonly artifacts: ArtifactOutlet;
  readonly events: EventOutlet;
  readonly analytics: AnalyticsOutlet | undefined;
  /** `undefined` where decisions need not be kept. */
  readonly audit: AuditOutlet | undefined;
}
