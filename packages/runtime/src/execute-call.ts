import type { ExecuteResult, PluginRegistry } from '@kb-labs/contracts';
import type { PluginContext } from './context.js';
import type { ExecuteRequest } from './request.js';

/**
 * The two forms of a call. Both resolve with `ok: false` for all that a plugin does wrong, and reject with `ERR_CONFIG_INVALID` where
 * the host misuses them.
 */
export interface Execute {
  /** Form 1: runs a handler of the plugin in `context.pluginRoot`. */
  <Output = unknown>(
    handler: string,
    input: unknown,
    context: PluginContext,
    manifest?: unknown,
  ): Promise<ExecuteResult<Output>>;
  /** Form 2: as a request; the registry finds the plugin that it names. */
  <Output = unknown>(
    request: ExecuteRequest<Output>,
    context: PluginContext,
    registry?: PluginRegistry,
  ): Promise<ExecuteResult<Output>>;
}

/** Gives both forms to a function that looks at the arguments itself. `Output` is the word of the host, or of its schema. */
export function bothForms(run: (args: readonly unknown[]) => Promise<ExecuteResult>): Execute {
  function execute<Output>(...args: readonly unknown[]): Promise<ExecuteResult<Output>>;
  function execute(...args: readonly unknown[]): Promise<ExecuteResult> {
    return run(args);
  }
  return execute;
}
