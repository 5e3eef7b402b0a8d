export { DEFAULT_QUOTAS, describeTarget, PermissionDeniedError, QuotaExceededError } from '@kb-labs/contracts';
export type { QuotaUse } from '@kb-labs/contracts';
export { compilePolicy } from './compile-policy.js';
export type { CompilePolicyOptions } from './compile-policy.js';
export type { ConfigErrorCode } from './config-error.js';
export { describePatches } from './describe-patches.js';
export { compileFsTargetParser, parseFsTarget } from './fs-path.js';
export type { ParseFsTargetOptions } from './fs-path.js';
export { delegatePolicy, intersectPolicies } from './intersection.js';
export type { DelegatePolicyOptions, IntersectPoliciesOptions } from './intersection.js';
export { parseInvokeTarget } from './invoke-target.js';
export { parseNetTarget } from './net-target.js';
export {
  checkAllPermissions,
  checkEnvPermission,
  checkFsPermission,
  checkInvokePermission,
  checkNetPermission,
  checkShellPermission,
} from './one-off-checks.js';
export type {
  CheckFsPermissionOptions,
  CheckInvokePermissionOptions,
  PermissionDecisions,
  ShellCommand,
} from './one-off-checks.js';
export { parsePermissionSpec } from './parse-spec.js';
export type { ParsePermissionSpecOptions } from './parse-spec.js';
export { permissionSpecSchema } from './permission-schema.js';
export { assertAllowed } from './policy.js';
export { createQuotaMeter } from './quota-meter.js';
