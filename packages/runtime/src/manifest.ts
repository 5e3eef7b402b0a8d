import { defaultCapabilities, findUnknownCapabilities, validateCapabilityNames } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import { createError } from '@kb-labs/contracts';
import type { ArtifactDeclaration, Issue, JsonValue, PluginManifest } from '@kb-labs/contracts';
import { parsePermissionSpec } from '@kb-labs/permissions';
import { z } from 'zod';
import { deepFreeze } from './freeze.js';
import { parseHandlerReference } from './handler-reference.js';
import { manifestSchema } from './manifest-schema.js';
import { copyPlainJson } from './plain-json.js';
import { issueOf, refused, refusedBySchema } from './schema-issues.js';
import { sharedOptionShapes } from './shared-options.js';
import { RUNTIME_VERSION } from './version.js';
import { semver } from './late-semver.js';

const optionsSchema = z.strictObject({
  runtimeVersion: z
    .string()
    .refine((version) => semver().valid(version) === version, 'write a semantic version, such as 1.0.0')
    .exactOptional(),
  templateVariables: z.array(z.string()).exactOptional(),
  capabilityRegistry: sharedOptionShapes.capabilityRegistry.exactOptional(),
});

const REFUSAL = { code: 'ERR_MANIFEST_INVALID', what: 'the manifest' } as const;

/** What a manifest is held against. */
export interface ParseManifestOptions {
  /** The version that `engines.runtime` is compared with. Default: that of this runtime. */
  readonly runtimeVersion?: string;
  /** Placeholders that the host knows besides its own five: the names in `templateVariables` of the context. */
  readonly templateVariables?: readonly string[];
  /** Tells what there is below `fs`, `net` and the other built-in groups. Default: what this runtime brings. */
  readonly capabilityRegistry?: KnownCapabilities;
}

/** The placeholders that every artifact path may hold. */
export const BUILT_IN_VARIABLES: readonly string[] = Object.freeze(['pluginId', 'runId', 'ts', 'date', 'profile']);

/** Throws where a declared artifact could never be written. The engine knows artifacts by this alone. */
export type CheckArtifact = (declaration: ArtifactDeclaration, variables: readonly string[]) => void;

/** A manifest parser that leaves declared artifacts to `checkArtifact`. */
export function parseManifestWith(
  checkArtifact: CheckArtifact,
  value: unknown,
  options: ParseManifestOptions,
): PluginManifest {
  const checked = optionsSchema.safeParse(options);
  if (!checked.success)
    throw refusedBySchema(checked.error, { code: 'ERR_CONFIG_INVALID', what: 'the call of parseManifest' });
  const plain = copyPlainJson(value, REFUSAL);
  assertPermissions(plain);
  const parsed = manifestSchema.safeParse(plain);
  if (!parsed.success) throw refusedBySchema(parsed.error, REFUSAL);
  const { $schema: _forEditors, ...manifest } = parsed.data;
  const variables = [...BUILT_IN_VARIABLES, ...(checked.data.templateVariables ?? [])];
  const issues = [
    ...referenceIssues(manifest),
    ...capabilityIssues(manifest, checked.data.capabilityRegistry ?? defaultCapabilities),
    ...artifactIssues(manifest, (artifact) => checkArtifact(artifact, variables)),
  ];
  if (issues.length > 0) throw refused(issues, REFUSAL);
  assertEngine(manifest, checked.data.runtimeVersion ?? RUNTIME_VERSION);
  return deepFreeze(manifest);
}

/** The parser of permissions knows more than their schema: it says which key a misspelt one was meant to be. */
function assertPermissions(plain: JsonValue): void {
  if (typeof plain !== 'object' || plain === null || !('permissions' in plain)) return;
  parsePermissionSpec(plain.permissions, { pointer: '/permissions', code: 'ERR_MANIFEST_INVALID' });
}

function referenceIssues(manifest: PluginManifest): readonly Issue[] {
  return Object.entries(manifest.handlers).flatMap(([name, { handler, input, output }]) =>
    Object.entries({ handler, input, output }).flatMap(([field, reference]) =>
      reference === undefined ? [] : issueOf(`/handlers/${name}/${field}`, () => parseHandlerReference(reference)),
    ),
  );
}

function capabilityIssues({ capabilities = [] }: PluginManifest, known: KnownCapabilities): readonly Issue[] {
  const malformed = capabilities.flatMap((name, index) =>
    validateCapabilityNames([name]).invalid.map(({ name: shown, reason }) => ({
      pointer: `/capabilities/${index}`,
      message: `${JSON.stringify(shown)} is no capability (${reason}); write a name such as fs.read or fs.read@^1`,
    })),
  );
  if (malformed.length > 0) return malformed;
  return findUnknownCapabilities(capabilities, known).map(({ index, message }) => ({
    pointer: `/capabilities/${index}`,
    message,
  }));
}

function artifactIssues(manifest: PluginManifest, check: (artifact: ArtifactDeclaration) => void): readonly Issue[] {
  const artifacts = manifest.artifacts ?? [];
  const names = artifacts.map((artifact) => artifact.name);
  return artifacts.flatMap((artifact, index) => {
    const pointer = `/artifacts/${index}`;
    const { schema } = artifact;
    const known = names.indexOf(artifact.name) === index;
    return [
      ...(known ? [] : [{ pointer: `${pointer}/name`, message: `"${artifact.name}" is declared already` }]),
      ...(schema === undefined ? [] : issueOf(`${pointer}/schema`, () => parseHandlerReference(schema))),
      ...issueOf(pointer, () => check(artifact)),
    ];
  });
}

function assertEngine(manifest: PluginManifest, version: string): void {
  const range = manifest.engines.runtime;
  const problem =
    semver().validRange(range) === null
      ? `${JSON.stringify(range)} is not a semver range`
      : semver().satisfies(version, range, { includePrerelease: true })
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
