import { validateCapabilityNames } from '@kb-labs/capabilities';
import { createError } from '@kb-labs/contracts';
import type { Issue, JsonObject, JsonValue, PluginManifest } from '@kb-labs/contracts';
import { parsePermissionSpec } from '@kb-labs/permissions';
import { satisfies, valid, validRange } from 'semver';
import { z } from 'zod';
import schemaFile from '../schema/kb.plugin-1.json' with { type: 'json' };
import { deepFreeze } from './freeze.js';
import { parseHandlerReference } from './handler-reference.js';
import { manifestSchema } from './manifest-schema.js';
import { copyPlainJson } from './plain-json.js';
import { refused, refusedBySchema } from './schema-issues.js';
import { RUNTIME_VERSION } from './version.js';

const optionsSchema = z.strictObject({
  runtimeVersion: z
    .string()
    .refine((version) => valid(version) === version, 'write a semantic version, such as 1.0.0')
    .exactOptional(),
});

const REFUSAL = { code: 'ERR_MANIFEST_INVALID', what: 'the manifest' } as const;

/** What a manifest is held against. */
export interface ParseManifestOptions {
  /** The version that `engines.runtime` is compared with. Default: that of this runtime. */
  readonly runtimeVersion?: string;
}

/**
 * Checks a manifest and returns a frozen copy. Takes plain JSON data alone; whatever is wrong is `ERR_MANIFEST_INVALID` with the
 * JSON pointer of the place and what to write there. A wrong option is `ERR_CONFIG_INVALID`. Path templates of artifacts are checked when the plugin runs.
 */
export function parseManifest(value: unknown, options: ParseManifestOptions = {}): PluginManifest {
  const checked = optionsSchema.safeParse(options);
  if (!checked.success)
    throw refusedBySchema(checked.error, { code: 'ERR_CONFIG_INVALID', what: 'the call of parseManifest' });
  const plain = copyPlainJson(value, REFUSAL);
  assertPermissions(plain);
  const parsed = manifestSchema.safeParse(plain);
  if (!parsed.success) throw refusedBySchema(parsed.error, REFUSAL);
  const { $schema: _forEditors, ...manifest } = parsed.data;
  const issues = [...referenceIssues(manifest), ...capabilityIssues(manifest), ...artifactIssues(manifest)];
  if (issues.length > 0) throw refused(issues, REFUSAL);
  assertEngine(manifest, checked.data.runtimeVersion ?? RUNTIME_VERSION);
  return deepFreeze(manifest);
}

/** The JSON Schema (draft 7) of `kb.plugin/1`, for editors. Also a file: `@kb-labs/plugin-runtime/manifest.schema.json`. */
export const manifestJsonSchema: JsonObject = deepFreeze(schemaFile);

/** The parser of permissions knows more than their schema: it says which key a misspelt one was meant to be. */
function assertPermissions(plain: JsonValue): void {
  if (typeof plain !== 'object' || plain === null || !('permissions' in plain)) return;
  parsePermissionSpec(plain.permissions, { pointer: '/permissions', code: 'ERR_MANIFEST_INVALID' });
}

function referenceIssues(manifest: PluginManifest): readonly Issue[] {
  return Object.entries(manifest.handlers).flatMap(([name, { handler, input, output }]) =>
    Object.entries({ handler, input, output }).flatMap(([field, reference]) => {
      const problem = reference === undefined ? undefined : referenceProblem(reference);
      return problem === undefined ? [] : [{ pointer: `/handlers/${name}/${field}`, message: problem }];
    }),
  );
}

function referenceProblem(reference: string): string | undefined {
  try {
    parseHandlerReference(reference);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

function capabilityIssues(manifest: PluginManifest): readonly Issue[] {
  return (manifest.capabilities ?? []).flatMap((name, index) =>
    validateCapabilityNames([name]).invalid.map(({ name: shown, reason }) => ({
      pointer: `/capabilities/${index}`,
      message: `${JSON.stringify(shown)} is no capability (${reason}); write a name such as fs.read or fs.read@^1`,
    })),
  );
}

function artifactIssues(manifest: PluginManifest): readonly Issue[] {
  const names = (manifest.artifacts ?? []).map((artifact) => artifact.name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ pointer: `/artifacts/${index}/name`, message: `"${name}" is declared already` }],
  );
}

function assertEngine(manifest: PluginManifest, version: string): void {
  const range = manifest.engines.runtime;
  const problem =
    validRange(range) === null
      ? `${JSON.stringify(range)} is not a semver range`
      : satisfies(version, range, { includePrerelease: true })
        ? undefined
        : `the plugin asks for runtime ${JSON.stringify(range)}, and this is ${version}`;
  if (problem === undefined) return;
  throw createError(
    'ERR_MANIFEST_INVALID',
    `the manifest is invalid at /engines/runtime: ${problem}; write "^${version}"`,
    {
      details: { pointer: '/engines/runtime', range, runtime: version },
      hint: `set engines.runtime to "^${version}" once the plugin works with it, or run the plugin with a runtime in its range`,
    },
  );
}
