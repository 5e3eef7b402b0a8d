export { createAbortError } from './abort-error.js';
export { CONFINEMENTS } from './confinement.js';
export type { Confinement, ConfinementReport, ConfinementTable, Firmness } from './confinement.js';
export type { AnalyticsRecord, AnalyticsSink, GuestAnalytics } from './analytics.js';
export type { CapabilityCheck, CapabilityName, CapabilityRegistry } from './capabilities.js';
export type {
  ArtifactDeclaration,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  StoredArtifact,
} from './artifacts.js';
export type { Clock } from './clock.js';
export { ERROR_CODES, isErrorCode } from './error-codes.js';
export type { ErrorCode, ErrorCodeFacts } from './error-codes.js';
export type { ErrorEnvelope, GuestError } from './error-envelope.js';
export { EVENT_SCOPES } from './events.js';
export type {
  EventBus,
  EventEnvelope,
  EventListener,
  EventMessage,
  EventOverflow,
  EventPlace,
  EventPort,
  EventPortOptions,
  EventPublishOptions,
  EventReceipt,
  EventReport,
  EventRules,
  EventScope,
  EventSender,
  EventStream,
  EventSubscribeOptions,
  EventSubscription,
  EventTransport,
  EventWaitOptions,
} from './events.js';
export type { ExecuteResult, ExecutionFailure, ExecutionMetrics, ExecutionSuccess, Measured } from './execution.js';
export { HOST_FUNCTIONS } from './handler.js';
export type {
  GuestCallOptions,
  GuestDirEntry,
  GuestFileStat,
  GuestFs,
  GuestLog,
  Handler,
  HandlerContext,
  HostFunctionName,
} from './handler.js';
export { MAX_ISSUES } from './issue.js';
export type { Issue } from './issue.js';
export type { JsonObject, JsonValue } from './json.js';
export type { LogLevel, LogRecord, LogSource } from './log-record.js';
export type {
  EventDeclarations,
  HandlerDeclaration,
  InstalledPlugin,
  PluginManifest,
  PluginRegistry,
} from './manifest.js';
export type { AuditRecord } from './audit-record.js';
export type { EventStamp, ExecutionEvent, ExecutionObserver } from './observer.js';
export type {
  CanonicalPath,
  DenyReason,
  DiskRefusal,
  FsOperation,
  NetTarget,
  PatchOperation,
  PermissionDecision,
  PermissionExplanation,
  PermissionPatch,
  PermissionPolicy,
  PermissionRequest,
  RuleOrigin,
} from './permission-policy.js';
export type { EnvPermissionSpec, FsPermissionSpec, NetPermissionSpec, PermissionSpec } from './permission-spec.js';
export { createError, isPluginError, PluginError } from './plugin-error.js';
export type { ErrorDetails, PluginErrorOptions } from './plugin-error.js';
export { isPluginId, MAX_PLUGIN_ID, PLUGIN_ID_PATTERN } from './plugin-id.js';
export type {
  AdmissionQuotaName,
  EffectiveQuotas,
  MeteredQuotaName,
  QuotaMeter,
  QuotaName,
  QuotaReservation,
  QuotaSpec,
  SandboxQuotaName,
} from './quotas.js';
export { MAX_MESSAGE_BYTES } from './sandbox-adapter.js';
export type {
  GuestNote,
  GuestPhase,
  HandlerModule,
  Sandbox,
  SandboxAdapter,
  SandboxCall,
  SandboxHost,
  SandboxLimits,
  SandboxOutcome,
  SandboxPlan,
  SandboxPlugin,
  SandboxUsage,
} from './sandbox-adapter.js';
export type { StageName } from './stage.js';
