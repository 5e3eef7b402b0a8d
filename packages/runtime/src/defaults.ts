import { checkArtifactDeclaration } from '@kb-labs/artifacts';
import type { ExecutionObserver, PluginManifest } from '@kb-labs/contracts';
import { createCommandRunner } from '@kb-labs/host-api';
import { createDeadlines } from '@kb-labs/sandbox/wire';
import packageJson from '../package.json' with { type: 'json' };
import { createSignalLinks } from './abort.js';
import { createAdmission } from './admission.js';
import type { ArtifactOutlet } from './artifact-outlet.js';
import { createAuditOutlet } from './audit-outlet.js';
import { confinementTable } from './confinement.js';
import { createCrashWatch } from './crash-loops.js';
import type { Engine } from './engine.js';
import { EmbeddedAdapters } from './embedded/adapters.js';
import { artifactOutlet } from './embedded/artifacts.js';
import { embeddedEvents } from './embedded/events.js';
import { ownCode } from './embedded/own-code.js';
import { bothForms } from './execute-call.js';
import type { Execute } from './execute-call.js';
import { createFolderRegistryWith } from './folder-registry.js';
import type { FolderRegistry, FolderRegistryOptions } from './folder-registry.js';
import { createIds } from './ids.js';
import { createInstalledCode } from './installed-code.js';
import { createManifestParser } from './known-manifests.js';
import { createKnownPlaces } from './known-places.js';
import { createKnownRuns } from './known-runs.js';
import { parseManifestWith } from './manifest.js';
import { assertNodeVersion } from './node-version.js';
import type { ParseManifestOptions } from './manifest.js';
import { createRuntimeLog, jsonLinesSink } from './runtime-log.js';
import { parseRuntimeOptions } from './runtime-options.js';
import type { ParsedRuntimeOptions, RuntimeOptions } from './runtime-options.js';
import { EngineRuntime } from './runtime.js';
import type { Runtime } from './runtime.js';
import { createAuthorityDescriber } from './stages/authority-event.js';
import { createFunctionGrants } from './stages/capabilities.js';
import { createIsolations } from './stages/isolation.js';
import { createAuthorities } from './stages/permissions.js';
import type { Prepared } from './stages/prepare.js';
import { systemClock } from './system-clock.js';
import { UnderWay } from './under-way.js';

/** Opens a runtime. Throws `ERR_CONFIG_INVALID` for options that it cannot keep, also for an invalid `KB_LOG_LEVEL`. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return openRuntime(options);
}

/** Runs one handler in either form. Uses one runtime with the defaults, made at the first call. */
export const execute: Execute = bothForms(async (args) => {
  shared ??= openRuntime({});
  return shared.run(args);
});

// The one piece of state in a module: the free functions have no other place for the queue and the log that they share.
let shared: EngineRuntime | undefined;

/**
 * Checks a manifest and returns a frozen copy. Takes plain JSON data alone; whatever is wrong is `ERR_MANIFEST_INVALID` with the
 * JSON pointer of the place and what to write there. A wrong option is `ERR_CONFIG_INVALID`.
 */
export function parseManifest(value: unknown, options: ParseManifestOptions = {}): PluginManifest {
  return parseManifestWith(
    (declaration, variables) => checkArtifactDeclaration(declaration, { variables }),
    value,
    options,
  );
}

/**
 * A registry of plugins that lie in folders, each with its `plugin.json` or `kb.plugin.json`. Folders whose manifest is invalid are listed as problems and are
 * not found. Throws `ERR_CONFIG_INVALID`.
 */
export function createFolderRegistry(options: FolderRegistryOptions): FolderRegistry {
  return createFolderRegistryWith(parseManifest, options);
}

function openRuntime(options: RuntimeOptions): EngineRuntime {
  assertNodeVersion(packageJson.engines.node);
  const parsed = parseRuntimeOptions(options);
  const clock = parsed.clock ?? systemClock;
  const log = createRuntimeLog({
    level: parsed.logLevel,
    sink: parsed.logSink ?? jsonLinesSink(process.stderr),
    clock,
  });
  const closing = new AbortController();
  const adapters = new EmbeddedAdapters(parsed.sandbox);
  const events = embeddedEvents(parsed.events);
  const artifacts = artifactOutlet(parsed.artifactStore, clock);
  const { analytics } = parsed;
  const { shell, ...hostApi } = parsed.hostApi;
  const engine: Omit<Engine, 'knownRuns'> = {
    ...createMemories(parsed, { adapters, artifacts }),
    adapterFor: (choice) => adapters.find(choice),
    rooms: { artifacts, events, analytics, audit: createAuditOutlet(parsed.audit, parsed.auditRequired) },
    registry: parsed.registry,
    ids: createIds(() => systemClock.now()),
    admission: createAdmission({ maxConcurrency: parsed.maxConcurrency, maxQueued: parsed.maxQueued, clock }),
    crashWatch: createCrashWatch(parsed.crashLoop, clock),
    clock,
    timers: createDeadlines(),
    log,
    graceMs: parsed.graceMs,
    hostApi,
    commands: createCommandRunner(shell),
    requiredConfinement: confinementTable(parsed.requiredConfinement),
    observers: [...auditObserver(parsed), ...parsed.observers],
    signals: createSignalLinks(closing.signal),
    underWay: new UnderWay(),
  };
  return new EngineRuntime({
    engine: { ...engine, knownRuns: createKnownRuns(engine, (choice) => adapters.inProcess(choice)) },
    defaultPlace: { sandbox: parsed.sandbox, isolation: parsed.isolation },
    abort: (reason) => closing.abort(reason),
    closeParts: async () => {
      await events[Symbol.asyncDispose]();
      await adapters.close();
    },
  });
}

type Memories = Pick<
  Engine,
  'parseManifest' | 'finderFor' | 'authorities' | 'functionGrants' | 'isolations' | 'describeAuthority'
>;

interface MemoryParts {
  readonly adapters: EmbeddedAdapters;
  readonly artifacts: ArtifactOutlet;
}

/** What is found out about a context, a manifest or a handler once, for all executions of it. Kept as long as the host holds these. */
function createMemories(
  { graceMs, capabilityRegistry, isolation }: ParsedRuntimeOptions,
  { adapters, artifacts }: MemoryParts,
): Memories {
  const parse = createManifestParser((value, templateVariables) =>
    parseManifest(value, { templateVariables, capabilityRegistry }),
  );
  const finder = {
    parseManifest: parse,
    knownPlaces: createKnownPlaces<Prepared>(),
    installedCode: createInstalledCode(),
  };
  const findsAgain = { ...finder, loadsOnce: false, lastLooks: undefined };
  const findsOnce = { ...findsAgain, loadsOnce: true };
  const findsNowAndThen = { ...findsAgain, lastLooks: new WeakMap<Prepared, number>() };
  const code = ownCode();
  return {
    parseManifest: parse,
    finderFor({ sandbox, isolation: chosen = isolation }) {
      if (adapters.loadsOnce(sandbox)) return findsOnce;
      return chosen === 'plugin' ? findsNowAndThen : findsAgain;
    },
    authorities: createAuthorities({
      reservedFor: ({ root }) => ({ code, hidden: [artifacts.folderFor(root)] }),
      graceMs,
    }),
    functionGrants: createFunctionGrants(capabilityRegistry),
    isolations: createIsolations(isolation),
    describeAuthority: createAuthorityDescriber(),
  };
}

function auditObserver({ audit }: ParsedRuntimeOptions): readonly ExecutionObserver[] {
  if (audit === undefined) return [];
  // What it returns is looked at by whoever tells observers: a sink that is asynchronous by mistake must not end the host.
  const observe: ExecutionObserver['observe'] = (event) => (event.type === 'audit' ? audit.write(event) : undefined);
  return [{ observe }];
}
