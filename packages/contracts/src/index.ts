export { createAbortError } from './abort-error.js';
export { ABORT_LINE, abortLineOf } from './abort-line.js';
export type { DirectOrder, DirectSandbox, DirectTask } from './direct-sandbox.js';
export type { AbortLine } from './abort-line.js';
export type { GuestCallOptions } from './call-options.js';
export { parseJson } from './parse-json.js';
export { CONFINEMENTS } from './confinement.js';
export type { Confinement, ConfinementReport, ConfinementTable, Firmness } from './confinement.js';
export type { AnalyticsRecord, AnalyticsSink, GuestAnalytics } from './analytics.js';
export type { CapabilityCheck, CapabilityName, CapabilityRegistry } from './capabilities.js';
export type {
  ArtifactAccess,
  ArtifactDeclaration,
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactQuery,
  ArtifactReadOptions,
  ArtifactReadRule,
  ArtifactRules,
  ArtifactStore,
  ArtifactWaitOptions,
  ArtifactWriteOptions,
  ArtifactWriteRule,
  StoredArtifact,
  WatchableArtifactStore,
} from './artifacts.js';
export { CapabilityMissingError } from './capability-missing-error.js';
export type { Clock } from './clock.js';
export { DEFAULT_QUOTAS } from './default-quotas.js';
export { describeTarget, withoutUnprintable, withoutUserInfo } from './describe-target.js';
export { ERROR_CODES, isErrorCode } from './error-codes.js';
export type { ErrorCode, ErrorCodeFacts } from './error-codes.js';
export type { ErrorEnvelope, GuestError } from './error-envelope.js';
export { DEFAULT_EVENT_SCOPES, EVENT_SCOPES } from './events.js';
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
export type { FetchReply } from './fetch-reply.js';
export type { GuestArtifactInfo, GuestArtifacts, GuestArtifactStream } from './guest-artifacts.js';
export type { DeliveredEvent, GuestEvents, GuestSubscription } from './guest-events.js';
export type {
  GuestConfig,
  GuestDirEntry,
  GuestFileStat,
  GuestFs,
  GuestLog,
  Handler,
  HandlerContext,
  SectionStrategy,
} from './handler.js';
export { HOST_FUNCTIONS } from './host-functions.js';
export type { HostFunctionName } from './host-functions.js';
export type { InvokeCall, InvokePort, InvokeRequest, InvokeTarget } from './invoke.js';
export { MAX_ISSUES } from './issue.js';
export type { Issue } from './issue.js';
export type { JsonObject, JsonValue } from './json.js';
export type { LogLevel, LogRecord, LogSource } from './log-record.js';
export type { HandlerDeclaration, InstalledPlugin, PluginManifest, PluginRegistry } from './manifest.js';
export type { AuditEntry, AuditOperation, AuditRecord, AuditSink } from './audit-record.js';
export type { EventStamp } from './event-stamp.js';
export type { ExecutionAuthority, ExecutionEvent, ExecutionObserver, HostCallOutcome } from './observer.js';
export type { OperationRecord, OperationState } from './operation.js';
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
export type {
  ArtifactPermissionSpec,
  EnvPermissionSpec,
  EventPermissionSpec,
  FsPermissionSpec,
  InvokePermissionSpec,
  NetPermissionSpec,
  PermissionSpec,
  ShellPermissionSpec,
  ShellRule,
} from './permission-spec.js';
export { PermissionDeniedError } from './permission-denied-error.js';
export { plainName, showName } from './name-text.js';
export { nearName } from './near-name.js';
export type { GuestPresenter, MessageLevel, PresentedError, Presenter } from './presenter.js';
export type { GuestShell, ShellOptions, ShellResult } from './shell.js';
export { createError, isPluginError, PluginError } from './plugin-error.js';
export type { ErrorDetails, PluginErrorOptions } from './plugin-error.js';
export { isPluginId, MAX_PLUGIN_ID, PLUGIN_ID_PATTERN } from './plugin-id.js';
export type {
  AdmissionQuotaName,
  ChainQuotaName,
  EffectiveQuotas,
  MeteredQuotaName,
  QuotaMeter,
  QuotaName,
  QuotaReservation,
  QuotaSpec,
  SandboxQuotaName,
} from './quotas.js';
export { QuotaExceededError } from './quota-exceeded-error.js';
export type { QuotaUse } from './quota-exceeded-error.js';
export { MAX_MESSAGE_BYTES } from './sandbox-adapter.js';
export type {
  GuestNote,
  GuestPhase,
  HandlerModule,
  OutputPart,
  Sandbox,
  SandboxAdapter,
  SandboxCall,
  SandboxHost,
  SandboxIsolation,
  SandboxLimits,
  SandboxOutcome,
  SandboxPlan,
  SandboxPlugin,
  SandboxUsage,
} from './sandbox-adapter.js';
export { settledValue, settledWith } from './settled.js';
export type { Settled } from './settled.js';
export type { StageName } from './stage.js';
export { formatTraceparent, parseTraceparent } from './trace-context.js';
export type { TraceContext } from './trace-context.js';
