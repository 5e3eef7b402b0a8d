import { createError, isPluginId, nearName } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { flawOfSegment, parseArtifactPath, quote } from './artifact-path.js';

const MAX_VALUE_BYTES = 200;

/** A checked template. Made by `parsePathTemplate` alone. */
export interface PathTemplate {
  readonly source: string;
  /** Literal text and names of placeholders in turn, beginning and ending with text. */
  readonly parts: readonly string[];
}

/** What a template may hold. */
export interface PathTemplateOptions {
  /** The placeholders that may stand in the template. */
  readonly variables: readonly string[];
}

/**
 * Checks a template such as `reports/{runId}.json`. Throws `ERR_ARTIFACT_PATH_INVALID` for an unknown placeholder, an unbalanced
 * brace or a literal that can stand in no path, `ERR_INVALID_ARGUMENT` without `variables`. Braces cannot be escaped.
 */
export function parsePathTemplate(template: string, options: PathTemplateOptions): PathTemplate {
  assertVariables(options);
  if (typeof template !== 'string') throw refusal(template, 'it is not a string', options);
  // One separator with a group: texts land on even places, names on odd ones.
  const parts = template.split(/\{([^{}]*)\}/);
  for (const [place, part] of parts.entries()) {
    if (place % 2 === 1 && !options.variables.includes(part)) {
      const near = nearName(part, options.variables);
      const advice = near === undefined ? '' : `; did you mean {${near}}?`;
      throw refusal(template, `there is no placeholder ${quote(`{${part}}`)}${advice}`, options);
    }
    if (place % 2 === 0 && /[{}]/.test(part)) throw refusal(template, 'a brace has no partner', options);
  }
  // A placeholder always brings at least one harmless character, which this letter stands for.
  parseArtifactPath(parts.map((part, place) => (place % 2 === 1 ? 'x' : part)).join(''));
  return Object.freeze({ source: template, parts: Object.freeze(parts) });
}

/**
 * The path that a template makes of values. Each value is checked alone before it is joined, and the path once more after it:
 * `ERR_INVALID_ARGUMENT` for a value that is absent or no string, `ERR_ARTIFACT_PATH_INVALID` for one that is no plain name.
 * A scoped `pluginId` is written `@scope__name`.
 */
export function renderPathTemplate(template: PathTemplate, values: Readonly<Record<string, string>>): string {
  const texts = template.parts.map((part, place) => (place % 2 === 1 ? valueOf(part, values) : part));
  return parseArtifactPath(texts.join(''));
}

/** Throws `ERR_INVALID_ARGUMENT` where nobody says which placeholders there are, or says what nobody would heed. */
export function assertVariables(options: PathTemplateOptions): void {
  const unknown = Object.keys(Object(options)).find((name) => name !== 'variables');
  if (unknown !== undefined) {
    throw createError('ERR_INVALID_ARGUMENT', `there is no option ${quote(unknown)}`, {
      hint: 'use "variables" alone, or leave it out',
    });
  }
  const variables: unknown = typeof options === 'object' && options !== null ? options.variables : undefined;
  if (Array.isArray(variables) && variables.every((name) => typeof name === 'string')) return;
  throw createError('ERR_INVALID_ARGUMENT', 'the option "variables" is not a list of placeholders', {
    hint: "hand in { variables: ['pluginId', 'runId'] }, or { variables: [] } where there are none",
  });
}

function valueOf(name: string, values: Readonly<Record<string, unknown>>): string {
  const given = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof given !== 'string') {
    throw createError('ERR_INVALID_ARGUMENT', `the value for {${name}} is ${quote(given)}, not a string`);
  }
  const value = name === 'pluginId' && isPluginId(given) ? given.replace('/', '__') : given;
  const flaw = flawOfValue(value);
  if (flaw === undefined) return value;
  throw createError('ERR_ARTIFACT_PATH_INVALID', `${quote(given)} cannot stand for {${name}}: ${flaw}`, {
    details: { placeholder: name, flaw },
    hint: 'use one plain name, without a separator or `..`',
  });
}

function flawOfValue(value: string): string | undefined {
  if (value.length > MAX_VALUE_BYTES || Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    return `it is longer than ${MAX_VALUE_BYTES} bytes`;
  }
  if (value.includes('..')) return 'it has ".."';
  return flawOfSegment(value);
}

function refusal(template: unknown, flaw: string, options: PathTemplateOptions): PluginError {
  const known = options.variables.map((name) => `{${name}}`).join(' ');
  return createError('ERR_ARTIFACT_PATH_INVALID', `${quote(template)} is not a path template: ${flaw}`, {
    details: { flaw, known: options.variables },
    hint: `write one of the known placeholders: ${known === '' ? 'none' : known}`,
  });
}
