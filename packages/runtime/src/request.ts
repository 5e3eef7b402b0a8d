import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createError } from '@kb-labs/contracts';
import type { PluginManifest, PluginRegistry } from '@kb-labs/contracts';
import { settingsOf } from './context.js';
import type { Caller } from './caller.js';
import type { ContextSettings } from './context.js';
import { hasMethods } from './shared-options.js';
import type { HandlerReference } from './handler-reference.js';
import { parseRequest } from './parse-request.js';
import type { ParsedRequest } from './parse-request.js';
import { parsePluginName } from './plugin-id.js';
import type { PluginName } from './plugin-id.js';
import type { Ids } from './ids.js';
import { openTracePlace } from './trace-place.js';
import type { TracePlace } from './trace-place.js';

/** One execution, as a host asks for it. */
export interface ExecuteRequest<Output = unknown> {
  /** `./file.js#export`, the same in two parts, or the name of a handler in the manifest. */
  readonly handler: string | HandlerReference;
  /** Plain data; the handler gets a copy, made when its sandbox is ready: what is changed before that may show, what is changed after it does not. */
  readonly input: unknown;
  /** A schema of the host's own, which runs in the host, before that of the manifest. The parsed value is handed on. */
  readonly inputSchema?: StandardSchemaV1;
  /** A schema of the host's own, which runs in the host, after that of the manifest. The parsed value is the result. */
  readonly outputSchema?: StandardSchemaV1<unknown, Output>;
  readonly signal?: AbortSignal;
  /** Milliseconds. Can only shorten what the quotas allow. */
  readonly timeoutMs?: number;
  /** `id` or `id@range`, to be found in the registry. */
  readonly plugin?: string;
  /** W3C trace context; a malformed one is ignored, as that standard asks. */
  readonly traceparent?: string;
  /** Answers reads from an overlay and changes nothing, with all checks still made. Default: what the context says. */
  readonly dryRun?: boolean;
}

/** Where the manifest of an execution comes from. An invalid one fails the run, not the call. */
export type ManifestSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'manifest'; readonly manifest: PluginManifest }
  | { readonly kind: 'invalid'; readonly error: unknown }
  | { readonly kind: 'registry'; readonly name: PluginName; readonly registry: PluginRegistry };

/** One execution, checked: what both forms of `execute` become. */
export interface Job {
  readonly settings: ContextSettings;
  readonly handler: string | HandlerReference;
  readonly input: unknown;
  readonly source: ManifestSource;
  readonly inputSchema: StandardSchemaV1 | undefined;
  readonly outputSchema: StandardSchemaV1 | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly pluginId: string;
  readonly trace: TracePlace;
  readonly dryRun: boolean;
  /** Where other plugins are found. */
  readonly registry: PluginRegistry | undefined;
  /** The run that asked for this one; `undefined` where the host did. */
  readonly caller: Caller | undefined;
}

/** What the runtime brings to every request. */
export interface RequestDefaults {
  readonly registry: PluginRegistry | undefined;
  /** Throws `ERR_MANIFEST_INVALID`. The same manifest twice is the same object. */
  readonly parseManifest: (value: unknown, settings: ContextSettings) => PluginManifest;
  readonly ids: Ids;
}

/** The id that events and artifacts carry where neither a manifest nor the context names a plugin. */
export const ANONYMOUS_PLUGIN: { readonly id: string; readonly version: string } = Object.freeze({
  id: 'anonymous',
  version: '0.0.0',
});

/**
 * Checks the arguments of `execute`: `(handler, input, context, manifest?)` or `(request, context, registry?)`. Throws
 * `ERR_CONFIG_INVALID` where the host misuses it, such as a plugin that is named without a registry.
 */
export function jobOf(args: readonly unknown[], defaults: RequestDefaults): Job {
  const [first, second, third, fourth] = args;
  if (typeof first !== 'string') return jobOfRequest(args, defaults);
  const settings = settingsOf(third);
  const registry = settings.registry ?? defaults.registry;
  return makeJob({ handler: first, input: second }, settings, {
    source: sourceOf(fourth, settings, defaults),
    registry,
    ids: defaults.ids,
  });
}

function jobOfRequest([request, context, given]: readonly unknown[], defaults: RequestDefaults): Job {
  const parsed = parseRequest(request);
  if (given !== undefined && !isRegistry(given)) {
    throw createError('ERR_CONFIG_INVALID', 'the registry has no method "find"', {
      hint: 'hand in an object with find(id, range), or leave it out',
    });
  }
  const { plugin } = parsed;
  const settings = settingsOf(context);
  const registry = given ?? settings.registry ?? defaults.registry;
  if (plugin === undefined) return makeJob(parsed, settings, { source: NO_SOURCE, registry, ids: defaults.ids });
  if (registry === undefined) throw noRegistry();
  const name = parsePluginName(plugin);
  return makeJob(parsed, settings, { source: { kind: 'registry', name, registry }, registry, ids: defaults.ids });
}

const NO_SOURCE: ManifestSource = Object.freeze({ kind: 'none' });

function makeJob(
  request: ParsedRequest,
  settings: ContextSettings,
  { source, registry, ids }: Pick<Job, 'source' | 'registry'> & { readonly ids: Ids },
): Job {
  return {
    settings,
    handler: request.handler,
    input: request.input,
    source,
    registry,
    inputSchema: request.inputSchema,
    outputSchema: request.outputSchema,
    signal: request.signal,
    timeoutMs: request.timeoutMs,
    pluginId: pluginIdOf(source, settings),
    trace: openTracePlace(request.traceparent, ids),
    dryRun: request.dryRun ?? settings.dryRun,
    caller: undefined,
  };
}

function sourceOf(manifest: unknown, settings: ContextSettings, { parseManifest }: RequestDefaults): ManifestSource {
  if (manifest === undefined) return NO_SOURCE;
  try {
    return { kind: 'manifest', manifest: parseManifest(manifest, settings) };
  } catch (error) {
    return { kind: 'invalid', error };
  }
}

function pluginIdOf(source: ManifestSource, settings: ContextSettings): string {
  if (source.kind === 'manifest') return source.manifest.id;
  if (source.kind === 'registry') return source.name.id;
  return settings.plugin?.id ?? ANONYMOUS_PLUGIN.id;
}

function isRegistry(value: unknown): value is PluginRegistry {
  return hasMethods(value, ['find']);
}

function noRegistry(): Error {
  return createError('ERR_CONFIG_INVALID', 'the request names a plugin, and there is no registry to find it in', {
    details: { pointer: '/plugin' },
    hint: 'hand in a registry: to execute, to createPluginContext or to createRuntime; or leave plugin out',
  });
}
