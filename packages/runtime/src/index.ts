// The public names of this package, one by one.
export { createAnalytics, jsonLinesSink, memorySink } from '@kb-labs/analytics';
export type {
  Analytics,
  AnalyticsOptions,
  JsonLinesSinkOptions,
  MemorySink,
  MemorySinkOptions,
} from '@kb-labs/analytics';
export { ArtifactBroker, createFileArtifactStore, createMemoryArtifactStore } from '@kb-labs/artifacts';
export type { ArtifactBrokerOptions, FileArtifactStoreOptions, MemoryArtifactStoreOptions } from '@kb-labs/artifacts';
export { checkCapabilities, createCapabilityRegistry, validateCapabilityNames } from '@kb-labs/capabilities';
export type {
  CapabilityNames,
  CapabilityProblem,
  CapabilityVersions,
  InvalidCapability,
  KnownCapabilities,
} from '@kb-labs/capabilities';
export {
  createAuditLog,
  createSnapshotRecorder,
  createTraceRecorder,
  diffSnapshots,
  listSnapshots,
  loadSnapshot,
  renderTraceTree,
  searchSnapshots,
  summariseAudit,
  toChromeTrace,
} from '@kb-labs/diagnostics';
export type {
  AuditLog,
  AuditLogOptions,
  AuditSummary,
  LoadedSnapshot,
  ReplayDivergence,
  ReplayReport,
  Snapshot,
  SnapshotRecorder,
  SnapshotRecorderOptions,
  Trace,
  TraceRecorder,
  TraceRecorderOptions,
  TraceSpan,
} from '@kb-labs/diagnostics';
export {
  CapabilityMissingError,
  createError,
  DEFAULT_QUOTAS,
  ERROR_CODES,
  isErrorCode,
  isPluginError,
  PermissionDeniedError,
  PluginError,
  QuotaExceededError,
} from '@kb-labs/contracts';
export type {
  AdmissionQuotaName,
  AnalyticsRecord,
  AnalyticsSink,
  ArtifactAccess,
  ArtifactDeclaration,
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPermissionSpec,
  ArtifactPutOptions,
  ArtifactQuery,
  ArtifactReadOptions,
  ArtifactReadRule,
  ArtifactRules,
  ArtifactStore,
  ArtifactWaitOptions,
  ArtifactWriteOptions,
  ArtifactWriteRule,
  AuditEntry,
  AuditOperation,
  AuditRecord,
  AuditSink,
  CanonicalPath,
  CapabilityCheck,
  CapabilityName,
  CapabilityRegistry,
  ChainQuotaName,
  Clock,
  Confinement,
  ConfinementReport,
  ConfinementTable,
  DenyReason,
  DiskRefusal,
  EffectiveQuotas,
  EnvPermissionSpec,
  ErrorCode,
  ErrorCodeFacts,
  ErrorDetails,
  ErrorEnvelope,
  EventBus,
  EventEnvelope,
  EventListener,
  EventOverflow,
  EventPermissionSpec,
  EventPort,
  EventPortOptions,
  EventPublishOptions,
  EventReceipt,
  EventReport,
  EventRules,
  EventScope,
  EventSender,
  EventStamp,
  EventSubscribeOptions,
  EventSubscription,
  EventTransport,
  EventWaitOptions,
  ExecuteResult,
  ExecutionAuthority,
  ExecutionEvent,
  ExecutionFailure,
  ExecutionMetrics,
  ExecutionObserver,
  ExecutionSuccess,
  Firmness,
  FsOperation,
  FsPermissionSpec,
  GuestAnalytics,
  GuestArtifactInfo,
  GuestArtifacts,
  GuestArtifactStream,
  GuestCallOptions,
  GuestConfig,
  GuestDirEntry,
  GuestError,
  GuestEvents,
  GuestFileStat,
  GuestFs,
  GuestLog,
  GuestPresenter,
  GuestShell,
  GuestSubscription,
  Handler,
  HandlerContext,
  HandlerDeclaration,
  HostCallOutcome,
  HostFunctionName,
  InstalledPlugin,
  InvokePermissionSpec,
  InvokeRequest,
  InvokeTarget,
  Issue,
  JsonObject,
  JsonValue,
  LogLevel,
  LogRecord,
  LogSource,
  Measured,
  MessageLevel,
  MeteredQuotaName,
  NetPermissionSpec,
  NetTarget,
  OperationRecord,
  OperationState,
  PatchOperation,
  PermissionDecision,
  PermissionExplanation,
  PermissionPatch,
  PermissionPolicy,
  PermissionRequest,
  PermissionSpec,
  PluginErrorOptions,
  PluginManifest,
  PluginRegistry,
  PresentedError,
  Presenter,
  QuotaName,
  QuotaSpec,
  QuotaUse,
  RuleOrigin,
  SandboxAdapter,
  SandboxQuotaName,
  SectionStrategy,
  ShellOptions,
  ShellPermissionSpec,
  ShellResult,
  ShellRule,
  StageName,
  StoredArtifact,
  WatchableArtifactStore,
} from '@kb-labs/contracts';
export { acquirePluginBus, createEventBus, createPluginBuses } from '@kb-labs/events';
export type { EventBusConfig, PluginBus, PluginBuses } from '@kb-labs/events';
export { ensureSection } from '@kb-labs/host-api';
export type { FetchTimeouts, Resolve, ResolvedAddress, ShellSettings } from '@kb-labs/host-api';
export {
  assertAllowed,
  checkAllPermissions,
  checkEnvPermission,
  checkFsPermission,
  checkNetPermission,
  compilePolicy,
  intersectPolicies,
} from '@kb-labs/permissions';
export type {
  CheckFsPermissionOptions,
  CompilePolicyOptions,
  IntersectPoliciesOptions,
  PermissionDecisions,
} from '@kb-labs/permissions';
export {
  createJobPresenter,
  createSilentPresenter,
  createSsePresenter,
  createTerminalPresenter,
} from '@kb-labs/presenters';
export type {
  JobEntry,
  JobPresenter,
  JobPresenterOptions,
  SsePresenter,
  SsePresenterOptions,
  SseTarget,
  TerminalInput,
  TerminalOutput,
  TerminalPresenter,
  TerminalPresenterOptions,
} from '@kb-labs/presenters';
export { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
export type { ForkSandboxOptions } from '@kb-labs/sandbox';
export type { CalleeGrant } from './callee-grant.js';
export type { RequiredConfinement } from './confinement.js';
export { createPluginContext } from './context.js';
export type { PluginContext } from './context.js';
export type { PluginContextOptions } from './context-options.js';
export type { CrashLoop, CrashLoopLimits, CrashLoops } from './crash-loops.js';
export { createFolderRegistry, createRuntime, execute, parseManifest } from './defaults.js';
export { replay } from './embedded/replay.js';
export type { ReplaySettings } from './embedded/replay.js';
export { writeArtifact } from './embedded/write-artifact.js';
export type { WriteArtifactOptions } from './embedded/write-artifact.js';
export type { Execute } from './execute-call.js';
export type { HandlerReference } from './handler-reference.js';
export type { RuntimeLogLevel } from './log-level.js';
export type { FolderProblem, FolderRegistry, FolderRegistryOptions } from './folder-registry.js';
export type { ParseManifestOptions } from './manifest.js';
export { manifestJsonSchema } from './manifest-json-schema.js';
export type { PluginIdentity } from './plugin-identity.js';
export type { ExecuteRequest } from './request.js';
export type { AnalyticsOutlet, TrackedRun } from './rooms.js';
export type { RuntimeLogRecord, RuntimeLogSink } from './runtime-log.js';
export type { HostApiSettings, RuntimeOptions } from './runtime-options.js';
export type { Runtime } from './runtime.js';
export type { IsolationChoice, SandboxChoice } from './shared-options.js';
export { RUNTIME_VERSION } from './version.js';
