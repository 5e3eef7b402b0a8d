import { createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, ForkSandboxOptions, PluginContextOptions, SandboxAdapter } from '@kb-labs/plugin-runtime';
import { PLUGIN } from './places.js';

/** This runtime with its defaults, and what a bench changes of them. */
export interface OursOptions {
  /** Default: `fork` without the operating system's wall. */
  readonly sandbox?: ForkSandboxOptions | SandboxAdapter | 'in-process';
  /** What the plugin is granted. Default: nothing. */
  readonly grant?: Partial<PluginContextOptions>;
}

/** A runtime that runs handlers of the bench's plugin. */
export interface Ours extends AsyncDisposable {
  /** Runs a handler of `plugin/handlers.js`. Throws where it does not go well: what fails is often fast. */
  call(handler: string, input: unknown): Promise<unknown>;
  /** The same with the receipt. */
  execute(handler: string, input: unknown): Promise<ExecuteResult & { readonly ok: true }>;
}

export function openOurs({ sandbox = {}, grant = {} }: OursOptions = {}): Ours {
  const runtime = createRuntime(
    sandbox === 'in-process'
      ? { sandbox, requiredConfinement: 'none' }
      : { sandbox: isAdapter(sandbox) ? sandbox : forkSandbox({ wall: 'off', ...sandbox }) },
  );
  const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: PLUGIN, ...grant });
  const execute: Ours['execute'] = async (handler, input) => {
    const result = await runtime.execute({ handler: `./handlers.js#${handler}`, input }, context);
    if (!result.ok) throw new Error(`${handler}: ${result.error.code}: ${result.error.message}`);
    return result;
  };
  return {
    execute,
    call: async (handler, input) => (await execute(handler, input)).data,
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

function isAdapter(sandbox: ForkSandboxOptions | SandboxAdapter): sandbox is SandboxAdapter {
  return 'acquire' in sandbox;
}
