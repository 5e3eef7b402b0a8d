import { defaultCapabilities } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import type { ArtifactStore, ExecutionObserver, PermissionSpec, PluginRegistry, Presenter } from '@kb-labs/contracts';
import { parsePermissionSpec } from '@kb-labs/permissions';
import { z } from 'zod';
import { calleesSchema, parseCallees } from './callee-grant.js';
import type { CalleeGrant } from './callee-grant.js';
import type { RequiredConfinement } from './confinement.js';
import { deepFreeze } from './freeze.js';
import { BUILT_IN_VARIABLES } from './manifest.js';
import { assertGrants } from './parse-grants.js';
import { pluginIdentityShape } from './plugin-identity.js';
import type { PluginIdentity } from './plugin-identity.js';
import { parseBySchema } from './schema-issues.js';
import { assertIsolationFits, sharedOptionShapes } from './shared-options.js';
import type { IsolationChoice, SandboxChoice } from './shared-options.js';

/** What the host grants and where the run takes place. Only the first two are needed. */
export interface PluginContextOptions {
  /** Names of capabilities that are granted; `fs.*` grants all that begin so. */
  readonly capabilities: readonly string[];
  /** The grant. An absent section grants nothing. */
  readonly permissions: PermissionSpec;
  /** The folder that file rules and paths are relative to. Default: the working directory. */
  readonly root?: string;
  /** The folder of the plugin's code, where no registry says it. Default: the working directory. */
  readonly pluginRoot?: string;
  readonly plugin?: PluginIdentity;
  /** Variables to pick from, such as `process.env`. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the runtime's, which is `fork`. */
  readonly sandbox?: SandboxChoice;
  /** Default: the runtime's, which is `execution`: each run has a process of its own. */
  readonly isolation?: IsolationChoice;
  /**
   * On whose behalf plugins run. With `isolation: 'plugin'` processes are shared by contexts of one tenant alone. Default: nobody's but this context's, so
   * that a host with a context for each request names one.
   */
  readonly tenant?: string;
  /** Default: the runtime's, which is `guard` for all eight. */
  readonly requiredConfinement?: RequiredConfinement;
  /** Are told of every execution with this context, and of those that its plugins invoke. */
  readonly observers?: readonly ExecutionObserver[];
  /** Tells what there is below `fs`, `net` and the other built-in groups: that of your runtime. Default: what this runtime brings. */
  readonly capabilityRegistry?: KnownCapabilities;
  /** Default: files under `<root>/.kb/artifacts`, made when something is written. */
  readonly artifactStore?: ArtifactStore;
  /** The value of `{profile}` in artifact paths. */
  readonly profile?: string;
  /** Further placeholders of artifact paths. */
  readonly templateVariables?: Readonly<Record<string, string>>;
  /** Where the plugins are that others invoke. Default: the runtime's, if it has one. */
  readonly registry?: PluginRegistry;
  /** Grants for plugins that others invoke, by id. One that has none may do what its caller may. */
  readonly callees?: Readonly<Record<string, CalleeGrant>>;
  /** Shows what handlers have to say, and answers for the person. Default: nobody is there, and every answer is no. */
  readonly presenter?: Presenter;
  /** Answers reads from an overlay and changes nothing, with all checks still made. Default: false. */
  readonly dryRun?: boolean;
  /** Ends every execution with this context. */
  readonly signal?: AbortSignal;
}

/** Options that were checked. Data is copied and frozen; the host's own objects are held as they are. */
export interface ParsedContextOptions {
  readonly capabilities: readonly string[];
  readonly permissions: PermissionSpec;
  readonly root: string | undefined;
  readonly pluginRoot: string | undefined;
  readonly plugin: PluginIdentity | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: SandboxChoice | undefined;
  readonly isolation: IsolationChoice | undefined;
  readonly tenant: string | undefined;
  readonly requiredConfinement: RequiredConfinement | undefined;
  readonly observers: readonly ExecutionObserver[];
  readonly artifactStore: ArtifactStore | undefined;
  readonly profile: string | undefined;
  readonly templateVariables: Readonly<Record<string, string>>;
  readonly registry: PluginRegistry | undefined;
  readonly callees: ReadonlyMap<string, CalleeGrant>;
  readonly presenter: Presenter | undefined;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

const folder = z.string().min(1).max(4096);

const contextSchema = z.strictObject({
  capabilities: z.array(z.string()).max(1000),
  permissions: z.unknown().refine((spec) => spec !== undefined, 'write what is granted, or {} where nothing is'),
  root: folder.optional(),
  pluginRoot: folder.optional(),
  plugin: z.strictObject(pluginIdentityShape).optional(),
  env: z.preprocess(copyObject, z.record(z.string(), z.string().optional())).optional(),
  sandbox: sharedOptionShapes.sandbox.optional(),
  isolation: sharedOptionShapes.isolation.optional(),
  tenant: z.string().min(1).max(256).optional(),
  requiredConfinement: sharedOptionShapes.requiredConfinement.optional(),
  observers: sharedOptionShapes.observers.optional(),
  artifactStore: sharedOptionShapes.artifactStore.optional(),
  profile: z.string().min(1).max(128).optional(),
  templateVariables: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z]\w{0,63}$/u, 'use letters and digits')
        .refine((name) => !BUILT_IN_VARIABLES.includes(name), 'is taken'),
      z.string().max(200),
    )
    .optional(),
  registry: sharedOptionShapes.registry.optional(),
  callees: calleesSchema.optional(),
  capabilityRegistry: sharedOptionShapes.capabilityRegistry.default(defaultCapabilities),
  presenter: sharedOptionShapes.presenter.optional(),
  dryRun: z.boolean().default(false),
  signal: z.instanceof(AbortSignal, { error: 'is not an AbortSignal' }).optional(),
});

/** Checks the options of a context: strict, so an unknown one is `ERR_CONFIG_INVALID` that names it. */
export function parseContextOptions(options: unknown): ParsedContextOptions {
  const data = parseBySchema(contextSchema, options, { code: 'ERR_CONFIG_INVALID', what: 'the context' });
  assertIsolationFits({ sandbox: data.sandbox, isolation: data.isolation });
  assertGrants(data.capabilities, '/capabilities', data.capabilityRegistry);
  return {
    capabilities: deepFreeze(data.capabilities),
    permissions: deepFreeze(parsePermissionSpec(data.permissions, { pointer: '/permissions' })),
    root: data.root,
    pluginRoot: data.pluginRoot,
    plugin: deepFreeze(data.plugin),
    env: deepFreeze(withoutAbsent(data.env ?? {})),
    sandbox: data.sandbox,
    isolation: data.isolation,
    tenant: data.tenant,
    requiredConfinement: data.requiredConfinement,
    observers: Object.freeze(data.observers ?? []),
    artifactStore: data.artifactStore,
    profile: data.profile,
    templateVariables: deepFreeze(data.templateVariables ?? {}),
    registry: data.registry,
    callees: parseCallees(data.callees ?? {}, data.capabilityRegistry),
    presenter: data.presenter,
    dryRun: data.dryRun,
    signal: data.signal,
  };
}

/** `process.env` has a prototype of its own, which a schema for plain records refuses. */
function copyObject(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value;
}

function withoutAbsent(variables: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
