import type { KnownCapabilities } from '@kb-labs/capabilities';
import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import type {
  ArtifactStore,
  ExecutionObserver,
  PluginRegistry,
  Presenter,
  SandboxAdapter,
  SandboxIsolation,
} from '@kb-labs/contracts';
import { z } from 'zod';
import { isFirmness } from './confinement.js';
import type { RequiredConfinement } from './confinement.js';

/** An embedded sandbox by name, or any adapter. A context's adapter stays the host's; a runtime disposes its own. */
export type SandboxChoice = 'fork' | 'in-process' | SandboxAdapter;

/** Who may meet what a run leaves: nobody, or later runs of the same plugin, policy and tenant. */
export type IsolationChoice = SandboxIsolation['kind'];

/** Whether a value has these methods: all that can be told of an object of the host's own. */
export function hasMethods(value: unknown, names: readonly PropertyKey[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

/** Schema of the options that contexts and runtimes share. */
export const sharedOptionShapes: {
  readonly sandbox: z.ZodType<SandboxChoice>;
  readonly isolation: z.ZodType<IsolationChoice>;
  readonly requiredConfinement: z.ZodType<RequiredConfinement>;
  readonly observers: z.ZodType<readonly ExecutionObserver[]>;
  readonly artifactStore: z.ZodType<ArtifactStore>;
  readonly registry: z.ZodType<PluginRegistry>;
  readonly presenter: z.ZodType<Presenter>;
  readonly capabilityRegistry: z.ZodType<KnownCapabilities>;
} = {
  sandbox: z.custom<SandboxChoice>(isSandboxChoice, { error: ({ input }) => sandboxFlaw(input) }),
  isolation: z.enum(['execution', 'plugin'], 'use "execution" or "plugin"'),
  requiredConfinement: z.custom<RequiredConfinement>(
    isRequiredConfinement,
    `use "none", "guard" or "wall", or one of them for each of ${CONFINEMENTS.join(', ')}`,
  ),
  observers: z.array(z.custom<ExecutionObserver>((value) => hasMethods(value, ['observe']), 'is not an observer')),
  artifactStore: z.custom<ArtifactStore>(
    (value) => hasMethods(value, ['put', 'get', 'stat', 'list', 'delete']),
    'is not an artifact store',
  ),
  registry: z.custom<PluginRegistry>((value) => hasMethods(value, ['find']), 'has no method "find"'),
  presenter: z.custom<Presenter>(
    (value) => hasMethods(value, ['message', 'progress', 'json', 'error', 'confirm']),
    'is not a presenter',
  ),
  capabilityRegistry: z.custom<KnownCapabilities>(
    (value) => hasMethods(value, ['versionOf']) && Array.isArray(Reflect.get(Object(value), 'names')),
    'use createCapabilityRegistry',
  ),
};

/** Where runs of a context take place, and who may meet what they leave: as far as it is known. */
export interface RunPlace {
  readonly sandbox: SandboxChoice | undefined;
  readonly isolation: IsolationChoice | undefined;
}

/**
 * Throws `ERR_CONFIG_INVALID` for a context that asks the host's own process to stay between runs and keep them apart. `fallback` is what holds where the
 * context says nothing: a runtime's options alone are never wrong, as a context may say otherwise. What an adapter can that is handed in, it says itself
 * at the first run.
 */
export function assertIsolationFits(context: RunPlace, fallback?: RunPlace): void {
  const sandbox = context.sandbox ?? fallback?.sandbox;
  const isolation = context.isolation ?? fallback?.isolation;
  if (sandbox !== 'in-process' || isolation !== 'plugin') return;
  const whose = fallback === undefined ? 'the context' : 'the context, with the options of its runtime,';
  throw createError(
    'ERR_CONFIG_INVALID',
    `${whose} asks for isolation: 'plugin' in the sandbox "in-process", which has none`,
    {
      details: { pointer: '/isolation' },
      hint: "use sandbox: 'fork', or leave isolation out: in-process all plugins share the process of the host anyway",
    },
  );
}

function isSandboxChoice(value: unknown): boolean {
  if (value === 'fork' || value === 'in-process') return true;
  return hasMethods(value, ['confines', 'acquire', Symbol.asyncDispose]);
}

/** The adapters that are packages of their own are asked for by name as well. */
function sandboxFlaw(value: unknown): string {
  if (value === 'quickjs') return 'use quickjsSandbox() of @kb-labs/sandbox-quickjs';
  if (value === 'worker') return 'use workerSandbox() of @kb-labs/sandbox-worker';
  return 'use "fork", "in-process" or a SandboxAdapter';
}

function isRequiredConfinement(value: unknown): boolean {
  if (isFirmness(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(
    ([name, firmness]) => CONFINEMENTS.some((known) => known === name) && isFirmness(firmness),
  );
}
