// The public names of this package, one by one.
export { createFileArtifactStore, createMemoryArtifactStore } from '@kb-labs/artifacts';
export type { FileArtifactStoreOptions, MemoryArtifactStoreOptions } from '@kb-labs/artifacts';
export {
  CapabilityMissingError,
  checkCapabilities,
  createCapabilityRegistry,
  validateCapabilityNames,
} from '@kb-labs/capabilities';
export { createError, ERROR_CODES, isErrorCode, isPluginError, PluginError } from '@kb-labs/contracts';
export type {
  ArtifactInfo,
  ArtifactStore,
  AuditRecord,
  Clock,
  Confinement,
  ConfinementReport,
  ErrorCode,
  ErrorEnvelope,
  ExecuteResult,
  ExecutionEvent,
  ExecutionFailure,
  ExecutionMetrics,
  ExecutionObserver,
  ExecutionSuccess,
  Firmness,
  GuestError,
  Handler,
  HandlerContext,
  InstalledPlugin,
  LogLevel,
  LogRecord,
  PermissionDecision,
  PermissionPolicy,
  PermissionSpec,
  PluginManifest,
  PluginRegistry,
  QuotaSpec,
  SandboxAdapter,
  StageName,
} from '@kb-labs/contracts';
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
export type { CompilePolicyOptions } from '@kb-labs/permissions';
export { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
export type { ForkSandboxOptions } from '@kb-labs/sandbox';
export type { RequiredConfinement } from './confinement.js';
export { createPluginContext } from './context.js';
export type { PluginContext } from './context.js';
export type { PluginContextOptions, PluginIdentity, SandboxChoice } from './context-options.js';
export { createRuntime, execute } from './defaults.js';
export type { HandlerReference } from './handler-reference.js';
export type { RuntimeLogLevel } from './log-level.js';
export { manifestJsonSchema, parseManifest } from './manifest.js';
export type { ParseManifestOptions } from './manifest.js';
export type { ExecuteRequest } from './request.js';
export type { RuntimeLogRecord, RuntimeLogSink } from './runtime-log.js';
export type { RuntimeOptions } from './runtime-options.js';
export type { Runtime } from './runtime.js';
export { RUNTIME_VERSION } from './version.js';
