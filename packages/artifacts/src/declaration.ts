import { createError, isPluginError } from '@kb-labs/contracts';
import type { ArtifactDeclaration, PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';
import { isSemver } from './artifact-version.js';
import { assertVariables, parsePathTemplate } from './path-template.js';
import type { PathTemplateOptions } from './path-template.js';
import { assertContentType } from './put-options.js';
import { parsePointer } from './select-artifact.js';

/**
 * Refuses a declaration by which no artifact could ever be written: an unknown placeholder, an impossible path, a pointer, content type or
 * version that is none, a time or size that is no whole number. Throws `ERR_MANIFEST_INVALID`, with the member in `details.pointer`,
 * and `ERR_INVALID_ARGUMENT` without `variables`.
 */
export function checkArtifactDeclaration(declaration: ArtifactDeclaration, options: PathTemplateOptions): void {
  assertVariables(options);
  const { pathTemplate, from, contentType, version, schemaVersion, ttlMs, maxBytes } = declaration;
  refused('pathTemplate', () => parsePathTemplate(pathTemplate, options));
  if (from !== undefined) refused('from', () => parsePointer(from));
  if (contentType !== undefined) refused('contentType', () => assertContentType(contentType));
  for (const [member, value] of Object.entries({ version, schemaVersion })) {
    if (value === undefined || isSemver(value)) continue;
    throw wrong(member, `${member} is ${quote(value)}, not a semantic version; write all three numbers, as in 1.2.3`);
  }
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw wrong('ttlMs', 'ttlMs is not a whole number of milliseconds, one or more');
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= 0)) {
    throw wrong('maxBytes', 'maxBytes is not a whole number of bytes, zero or more');
  }
}

function refused(member: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Error) throw wrong(member, error.message, error);
    throw error;
  }
}

function wrong(member: string, message: string, cause?: Error): PluginError {
  const hint = isPluginError(cause) ? cause.hint : undefined;
  return createError('ERR_MANIFEST_INVALID', message, {
    details: { pointer: `/${member}` },
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}
