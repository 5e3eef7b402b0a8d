// The public names of this package, one by one. What an adapter claims can be attacked without vitest: see `./claims`.
export type { ArtifactStoreBench } from './artifact-duties/artifact-bench.js';
export { recordClaim } from './claims/record-claim.js';
export type { ClaimRecord } from './claims/record-claim.js';
export { describeArtifactStore } from './describe-artifact-store.js';
export type { DescribeArtifactStoreOptions } from './describe-artifact-store.js';
export { describeSandboxAdapter } from './describe-sandbox-adapter.js';
export type { DescribeSandboxAdapterOptions } from './describe-sandbox-adapter.js';
export { describeEventBus } from './event-bus/describe-event-bus.js';
export type { DescribeEventBusOptions } from './event-bus/describe-event-bus.js';
export type { CreateEventBus, EventBusSetup, JoinedEventBuses } from './event-bus/event-bench.js';
export type { PluginBusSource } from './event-bus/plugin-bus-duties.js';
