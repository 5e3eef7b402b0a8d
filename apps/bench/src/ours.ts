import type { PluginManifest } from '@kb-labs/contracts';
import { createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, ForkSandboxOptions, PluginContextOptions, SandboxAdapter } from '@kb-labs/plugin-runtime';
import { PLUGIN } from './places.js';

/** This runtime with its defaults, and what a bench changes of them. */
export interface OursOptions {
  /** Default: `fork` without the operating system's wall. */
  readonly sandbox?: ForkSandboxOptions | SandboxAdapter | 'in-process';
  /** What the plugin is granted. Default: nothing. */
  readonly grant?: Partial<PluginContextOptions>;
  /** Executions at the same time. Default: that of the runtime. */
  readonly maxConcurrency?: number;
  /** Whether the plugin says that several of its runs may be in one process. Default: it has no manifest. */
  readonly reentrant?: boolean;
}

/** A runtime that runs handlers of the bench's plugin. */
export interface Ours extends AsyncDisposable {
  /** Runs a handler of `plugin/handlers.js`, or of the file before a `#`. Throws where it does not go well: what fails is often fast. */
  call(handler: string, input: unknown): Promise<unknown>;
  /** The same with the receipt. */
  execute(handler: string, input: unknown): Promise<ExecuteResult & { readonly ok: true }>;
}

export function openOurs({ sandbox = {}, grant = {}, maxConcurrency, reentrant = false }: OursOptions = {}): Ours {
  const runtime = createRuntime({
    ...(sandbox === 'in-process'
      ? { sandbox, requiredConfinement: 'none' as const }
      : { sandbox: isAdapter(sandbox) ? sandbox : forkSandbox({ wall: 'off', ...sandbox }) }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  });
  const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: PLUGIN, ...grant });
  const execute: Ours['execute'] = async (handler, input) => {
    const file = handler.includes('#') ? `./${handler}` : `./handlers.js#${handler}`;
    const result = reentrant
      ? await runtime.execute(file, input, context, REENTRANT)
      : await runtime.execute({ handler: file, input }, context);
    if (!result.ok) throw new Error(`${handler}: ${result.error.code}: ${result.error.message}`);
    return result;
  };
  return {
    execute,
    call: async (handler, input) => (await execute(handler, input)).data,
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

const REENTRANT: PluginManifest = {
  schema: 'kb.plugin/1',
  id: 'bench',
  version: '1.0.0',
  engines: { runtime: '*' },
  handlers: {},
  reentrant: true,
};

function isAdapter(sandbox: ForkSandboxOptions | SandboxAdapter): sandbox is SandboxAdapter {
  return 'acquire' in sandbox;
}
