import type {
  EnvPermissionSpec,
  FsOperation,
  FsPermissionSpec,
  InvokePermissionSpec,
  InvokeTarget,
  NetPermissionSpec,
  PermissionDecision,
  ShellPermissionSpec,
} from '@kb-labs/contracts';
import { compilePolicy } from './compile-policy.js';
import { readInvokeTarget } from './invoke-target.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';

/** What a single question about a path may name besides the path. An unknown one is `ERR_CONFIG_INVALID`. */
export interface CheckFsPermissionOptions {
  /** Absolute. Default: the working directory. */
  readonly root?: string;
  /** Default: `read`. */
  readonly operation?: FsOperation;
  readonly platform?: NodeJS.Platform;
}

const OPTIONS: OptionNames<CheckFsPermissionOptions> = { root: true, operation: true, platform: true };

/**
 * One question about a path, purely lexical: links are not followed. Compiles the rules each time, so many questions
 * want `compilePolicy`. Throws `ERR_CONFIG_INVALID` for a malformed spec, and never for a hostile path.
 */
export function checkFsPermission(
  path: string,
  spec: FsPermissionSpec,
  options: CheckFsPermissionOptions = {},
): PermissionDecision {
  assertKnownOptions(options, OPTIONS);
  const { root = process.cwd(), operation = 'read', platform = process.platform } = options;
  return compilePolicy({ fs: spec }, { root, platform }).check({ kind: 'fs', operation, path });
}

/** One question about a URL. What its name resolves to is another one: ask a policy with kind `address`. */
export function checkNetPermission(url: string, spec: NetPermissionSpec): PermissionDecision {
  return compilePolicy({ net: spec }, { root: anyRoot() }).check({ kind: 'net', url });
}

/** One question about a variable of the environment, by its name. */
export function checkEnvPermission(name: string, spec: EnvPermissionSpec): PermissionDecision {
  return compilePolicy({ env: spec }, { root: anyRoot() }).check({ kind: 'env', name });
}

/** Which version of a plugin was found. An unknown option is `ERR_CONFIG_INVALID`. */
export interface CheckInvokePermissionOptions {
  /** Default: none is known yet, and only id and handler are decided on. */
  readonly version?: string;
}

const INVOKE_OPTIONS: OptionNames<CheckInvokePermissionOptions> = { version: true };

/** One question about a handler of another plugin, `@acme/report@^1:render` or such a target parsed. */
export function checkInvokePermission(
  target: string | InvokeTarget,
  spec: InvokePermissionSpec,
  options: CheckInvokePermissionOptions = {},
): PermissionDecision {
  assertKnownOptions(options, INVOKE_OPTIONS);
  const policy = compilePolicy({ invoke: spec }, { root: anyRoot() });
  return policy.check({ kind: 'invoke', target: readInvokeTarget(target), version: options.version });
}

/** What a command is to be given. `command` is an absolute, real path: no link is followed. */
export interface ShellCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** One question about a command. Whether the file is a link, or a script, is for whoever runs it to find out. */
export function checkShellPermission({ command, args }: ShellCommand, spec: ShellPermissionSpec): PermissionDecision {
  return compilePolicy({ shell: spec }, { root: anyRoot() }).check({ kind: 'shell', command, args });
}

/** Several decisions as one. */
export interface PermissionDecisions {
  readonly allowed: boolean;
  readonly decisions: readonly PermissionDecision[];
}

/** Allowed only if every decision allows, and there is one: nobody asked is nobody allowed. */
export function checkAllPermissions(checks: readonly PermissionDecision[]): PermissionDecisions {
  const decisions = Object.freeze([...checks]);
  return Object.freeze({
    allowed: decisions.length > 0 && decisions.every(({ allowed }) => allowed === true),
    decisions,
  });
}

/** For questions about no file. The working directory may be gone, and asking for it would throw. */
function anyRoot(): string {
  return process.platform === 'win32' ? 'C:\\' : '/';
}
