// The public names of this package, one by one.
export { createFileArtifactStore, createMemoryArtifactStore } from '@kb-labs/artifacts';
export type { FileArtifactStoreOptions, MemoryArtifactStoreOptions } from '@kb-labs/artifacts';
export {
  CapabilityMissingError,
  checkCapabilities,
  createCapabilityRegistry,
  validateCapabilityNames,
} from '@kb-labs/capabilities';
export type {
  CapabilityNames,
  CapabilityProblem,
  CapabilityVersions,
  InvalidCapability,
  KnownCapabilities,
} from '@kb-labs/capabilities';
export { createError, ERROR_CODES, isErrorCode, isPluginError, PluginError } from '@kb-labs/contracts';
export type {
  AdmissionQuotaName,
  ArtifactDeclaration,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  AuditRecord,
  CanonicalPath,
  CapabilityCheck,
  CapabilityName,
  CapabilityRegistry,
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
  EventDeclarations,
  EventStamp,
  ExecuteResult,
  ExecutionEvent,
  ExecutionFailure,
  ExecutionMetrics,
  ExecutionObserver,
  ExecutionSuccess,
  Firmness,
  FsOperation,
  FsPermissionSpec,
  GuestCallOptions,
  GuestDirEntry,
  GuestError,
  GuestFileStat,
  GuestFs,
  GuestLog,
  Handler,
  HandlerContext,
  HandlerDeclaration,
  InstalledPlugin,
  Issue,
  JsonObject,
  JsonValue,
  LogLevel,
  LogRecord,
  LogSource,
  Measured,
  MeteredQuotaName,
  NetPermissionSpec,
  NetTarget,
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
  QuotaName,
  QuotaSpec,
  RuleOrigin,
  SandboxAdapter,
  SandboxQuotaName,
  StageName,
  StoredArtifact,
} from '@kb-labs/contracts';
export type { FetchTimeouts, Resolve, ResolvedAddress } from '@kb-labs/host-api';
export {
  assertAllowed,
  checkAllPermissions,
  checkEnvPermission,
  checkFsPermission,
  checkNetPermission,
  compilePolicy,
  DEFAULT_QUOTAS,
  intersectPolicies,
  PermissionDeniedError,
  QuotaExceededError,
} from '@kb-labs/permissions';
export type {
  CheckFsPermissionOptions,
  CompilePolicyOptions,
  IntersectPoliciesOptions,
  PermissionDecisions,
  QuotaUse,
} from '@kb-labs/permissions';
export { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
export type { ForkSandboxOptions } from '@kb-labs/sandbox';
export type { RequiredConfinement } from './confinement.js';
export { createPluginContext } from './context.js';
export type { PluginContext } from './context.js';
export type { PluginContextOptions } from './context-options.js';
export { createRuntime, execute } from './defaults.js';
export type { Execute } from './execute-call.js';
export type { HandlerReference } from './handler-reference.js';
export type { RuntimeLogLevel } from './log-level.js';
export { manifestJsonSchema, parseManifest } from './manifest.js';
export type { ParseManifestOptions } from './manifest.js';
export type { PluginIdentity } from './plugin-identity.js';
export type { ExecuteRequest } from './request.js';
export type { RuntimeLogRecord, RuntimeLogSink } from './runtime-log.js';
export type { HostApiSettings, RuntimeOptions } from './runtime-options.js';
export type { Runtime } from './runtime.js';
export type { SandboxChoice } from './shared-options.js';
export { RUNTIME_VERSION } from './version.js';
