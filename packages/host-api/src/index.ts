// The public names of this package, one by one.
export { ensureSection } from './config/ensure-section.js';
export type { ConfigSection } from './config/section.js';
export { createHostApi } from './host-api.js';
export type { HostApi } from './host-api.js';
export type { HostApiOptions } from './host-api-options.js';
export type { FetchTimeouts } from './net/fetch-timeouts.js';
export type { Resolve, ResolvedAddress } from './net/resolver.js';
export type { RuleDocument } from './room-patches.js';
export { createCommandRunner } from './shell/command-runner.js';
export type { AdmittedCommand, CommandRunner } from './shell/command-runner.js';
export type { CompleteShellSettings, ShellSettings } from './shell/shell-settings.js';
export type { HostCallOptions } from './switchboard.js';
export { selectEnv } from './select-env.js';
export type { SelectEnvOptions } from './select-env.js';
