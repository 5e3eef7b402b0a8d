import { availableParallelism } from 'node:os';
import { createError } from '@kb-labs/contracts';
import { defaultCapabilities } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import type { ArtifactStore, AuditSink, Clock, EventBus, ExecutionObserver, PluginRegistry } from '@kb-labs/contracts';
import type { HostApiOptions, Resolve, ShellSettings } from '@kb-labs/host-api';
import { z } from 'zod';
import type { RequiredConfinement } from './confinement.js';
import type { CrashLoopLimits } from './crash-loops.js';
import type { AnalyticsOutlet } from './rooms.js';
import { hasMethods, sharedOptionShapes } from './shared-options.js';
import type { IsolationChoice, SandboxChoice } from './shared-options.js';
import { logLevelFromEnvironment, parseLogLevel } from './log-level.js';
import type { RuntimeLogLevel } from './log-level.js';
import type { RuntimeLogSink } from './runtime-log.js';
import { parseBySchema } from './schema-issues.js';

/** How the host's side of file and network calls works; what a guest may do is for the permissions alone. */
export interface HostApiSettings extends Pick<HostApiOptions, 'timeouts' | 'sameDevice' | 'resolve' | 'ownAddresses'> {
  /** Adds a `traceparent` to requests that have none, so that servers can tell which run they come of. Default: false. */
  readonly propagateTrace?: boolean;
  /** How commands are run. Default: in bubblewrap where it works, four at a time, 30 s each. */
  readonly shell?: ShellSettings;
}

/** What a runtime shares among its executions. Everything has a safe default. */
export interface RuntimeOptions {
  /** Default `fork`. An adapter handed in here is the runtime's from then on, and is disposed with it. */
  readonly sandbox?: SandboxChoice;
  /**
   * `execution` (default): each run has a process of its own. `plugin`: a process serves runs of one plugin, policy and tenant, one after the other, or at
   * once where the manifest says `reentrant`; what one leaves, a later one can meet. Only `fork` can: `createContext` refuses `in-process` with it.
   */
  readonly isolation?: IsolationChoice;
  /** Default `guard` for all eight. */
  readonly requiredConfinement?: RequiredConfinement;
  /** Are told of every execution, before those of the context. */
  readonly observers?: readonly ExecutionObserver[];
  /** Default: files under `<root>/.kb/artifacts` of each context. */
  readonly artifactStore?: ArtifactStore;
  /** Where plugins are that others invoke, or that a request names. Default: none. */
  readonly registry?: PluginRegistry;
  /** The bus that plugins share with the host. It stays the host's. Default: one of the runtime's own, for plugins among themselves. */
  readonly events?: EventBus;
  /** Takes what handlers track; without it, what they track goes nowhere. It stays the host's. */
  readonly analytics?: AnalyticsOutlet;
  /** Keeps decisions. It stays the host's. */
  readonly audit?: AuditSink;
  /** Runs nothing (`ERR_AUDIT_UNAVAILABLE`) while `audit` cannot keep decisions, and fails a run whose decisions are lost. Default: false. */
  readonly auditRequired?: boolean;
  /** Executions at the same time, over all plugins. Default: twice the processors, at least 2. */
  readonly maxConcurrency?: number;
  /** Executions that wait for their turn. Default 1 000; beyond it `ERR_QUOTA_EXCEEDED` at once. */
  readonly maxQueued?: number;
  /**
   * Refuses a handler (`ERR_CRASH_LOOP`, at once) that crashed its sandbox so many times running, for as long as `windowMs`. `false`: never.
   * Default: 5 in 5 minutes, also for the one that is left out. `runtime.crashLoops` has the state, and ends it.
   */
  readonly crashLoop?: Partial<CrashLoopLimits> | false;
  /** Milliseconds that a guest has after an abort, half for its handler and half for its cleanups, and after its own result; after SIGTERM it has at most 50. Default 500. */
  readonly graceMs?: number;
  /** Default: the built-in ones. A host's own names are known by this, so that `acme.*` and `acme.mail@^2` can be granted. */
  readonly capabilityRegistry?: KnownCapabilities;
  /** Default: 10 s to connect, 30 s to a response's head and between two pieces of a body; the system's resolver; any device. */
  readonly hostApi?: HostApiSettings;
  /** Default: what `KB_LOG_LEVEL` says, else `silent`. */
  readonly logLevel?: RuntimeLogLevel;
  /** Default: JSON lines on stderr. */
  readonly logSink?: RuntimeLogSink;
  /** For timestamps, receipts and crash loops only: timeouts use timers, which no clock holds. Default: that of the process. */
  readonly clock?: Clock;
}

/** Options with every default filled in, save those that the embedded parts fill. */
export interface ParsedRuntimeOptions {
  readonly sandbox: SandboxChoice;
  readonly isolation: IsolationChoice;
  readonly requiredConfinement: RequiredConfinement;
  readonly observers: readonly ExecutionObserver[];
  readonly artifactStore: ArtifactStore | undefined;
  readonly registry: PluginRegistry | undefined;
  readonly events: EventBus | undefined;
  readonly analytics: AnalyticsOutlet | undefined;
  readonly audit: AuditSink | undefined;
  readonly auditRequired: boolean;
  readonly maxConcurrency: number;
  readonly maxQueued: number;
  readonly crashLoop: CrashLoopLimits | false;
  readonly graceMs: number;
  readonly capabilityRegistry: KnownCapabilities;
  readonly hostApi: HostApiSettings;
  readonly logLevel: RuntimeLogLevel;
  readonly logSink: RuntimeLogSink | undefined;
  readonly clock: Clock | undefined;
}

const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .exactOptional();

const crashLoopSchema = z.strictObject(
  {
    crashes: z.int().min(1).max(1000).default(5),
    windowMs: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .default(300_000),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'give false, or { crashes, windowMs } with one of them or both' : undefined,
  },
);

// A union of zod would say no more than "Invalid input".
const crashLoopOption = z
  .preprocess((value) => (value === false ? undefined : value), crashLoopSchema.optional())
  .transform((limits): CrashLoopLimits | false => limits ?? false);

const hostApiSchema = z.strictObject({
  timeouts: z.strictObject({ connectMs: milliseconds, headersMs: milliseconds, bodyMs: milliseconds }).exactOptional(),
  sameDevice: z.boolean().exactOptional(),
  resolve: z.custom<Resolve>((value) => typeof value === 'function', 'is not a function').exactOptional(),
  ownAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).exactOptional(),
  propagateTrace: z.boolean().exactOptional(),
  shell: z.custom<ShellSettings>((value) => typeof value === 'object' && value !== null).exactOptional(),
});

const optionsSchema = z.strictObject({
  sandbox: sharedOptionShapes.sandbox.default('fork'),
  isolation: sharedOptionShapes.isolation.default('execution'),
  requiredConfinement: sharedOptionShapes.requiredConfinement.default('guard'),
  observers: sharedOptionShapes.observers.default([]),
  artifactStore: sharedOptionShapes.artifactStore.optional(),
  registry: sharedOptionShapes.registry.optional(),
  events: z.custom<EventBus>((value) => hasMethods(value, ['openPort', 'openHostPort']), 'is not a bus').optional(),
  analytics: z.custom<AnalyticsOutlet>((value) => hasMethods(value, ['forGuest']), 'use createAnalytics').optional(),
  audit: z
    .custom<AuditSink>((value) => hasMethods(value, ['ready', 'write', 'flush']), 'is not an audit sink')
    .optional(),
  auditRequired: z.boolean().default(false),
  maxConcurrency: z.int().min(1).max(10_000).optional(),
  maxQueued: z.int().min(0).max(1_000_000).default(1000),
  crashLoop: crashLoopOption.default({ crashes: 5, windowMs: 300_000 }),
  graceMs: z.int().min(0).max(60_000).default(500),
  capabilityRegistry: sharedOptionShapes.capabilityRegistry.default(defaultCapabilities),
  hostApi: hostApiSchema.default({}),
  logLevel: z.unknown().optional(),
  logSink: z.custom<RuntimeLogSink>((value) => typeof value === 'function', 'is not a function').optional(),
  clock: z.custom<Clock>((value) => hasMethods(value, ['now', 'monotonic']), 'is not a clock').optional(),
});

/** Checks the options of a runtime. Strict: an unknown one is `ERR_CONFIG_INVALID` that names it. */
export function parseRuntimeOptions(options: unknown): ParsedRuntimeOptions {
  const parsed = parseBySchema(optionsSchema, options, { code: 'ERR_CONFIG_INVALID', what: 'the runtime' });
  const { maxConcurrency, logLevel, logSink, clock, ...rest } = parsed;
  const { artifactStore, registry, events, analytics, audit } = rest;
  if (audit === undefined && rest.auditRequired) throw auditMissing();
  return {
    ...rest,
    artifactStore,
    registry,
    events,
    analytics,
    audit,
    maxConcurrency: maxConcurrency ?? Math.max(2, availableParallelism() * 2),
    logLevel:
      logLevel === undefined
        ? (logLevelFromEnvironment() ?? 'silent')
        : parseLogLevel(logLevel, 'the option "logLevel"'),
    logSink,
    clock,
  };
}

function auditMissing(): Error {
  return createError(
    'ERR_CONFIG_INVALID',
    'the runtime must keep decisions (auditRequired), and has nothing to keep them',
    {
      details: { pointer: '/audit' },
      hint: 'hand in an audit sink, such as createAuditLog of @kb-labs/diagnostics, or leave auditRequired out',
    },
  );
}
