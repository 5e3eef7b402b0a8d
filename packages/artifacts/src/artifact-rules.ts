import { createError, isPluginId } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { quote } from './artifact-path.js';
import { parsePathGlob } from './path-glob.js';
import type { PathGlob } from './path-glob.js';

// As many as a permission spec may hold.
const MAX_RULES = 1_000;
const MAX_PATTERNS = 64;
const MAX_SETS = 64;
const MEDIA_RANGE = /^[a-z0-9][\w!#$&^.+-]{0,126}\/(?:\*|[a-z0-9][\w!#$&^.+-]{0,126})$/i;

/** A rule that has been checked. */
export interface CompiledRule {
  /** Whose artifacts; a rule for writing has none. */
  readonly from: string | undefined;
  readonly globs: readonly PathGlob[];
  /** In lower case; `undefined` asks nothing. */
  readonly types: readonly string[] | undefined;
}

/** One document that has been checked. */
export interface CompiledRules {
  readonly read: readonly CompiledRule[];
  readonly write: readonly CompiledRule[];
}

/**
 * Checks the documents that must all allow. `'host'` asks nothing at all. Throws `ERR_CONFIG_INVALID` with a JSON pointer; no document at all
 * is refused as well, for whoever forgets them must not get everything.
 */
export function compileArtifactRules(rules: unknown): readonly CompiledRules[] | 'host' {
  if (rules === 'host') return rules;
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > MAX_SETS) {
    throw invalid(
      '/rules',
      `it is no list of 1 to ${MAX_SETS} sets of rules`,
      'write `rules: "host"` for a broker of the host itself, which may do everything',
    );
  }
  return rules.map((set: unknown, place) => {
    const pointer = `/rules/${place}`;
    const { read, write } = fieldsOf(set, pointer, ['read', 'write']);
    return {
      read: compileList(read, `${pointer}/read`, ['from', 'paths', 'types']),
      write: compileList(write, `${pointer}/write`, ['paths', 'types']),
    };
  });
}

/** Whether a content type is in a list of media types. Its parameters do not count. */
export function isAmong(types: readonly string[] | undefined, contentType: string): boolean {
  if (types === undefined) return true;
  const [essence = ''] = contentType.toLowerCase().split(';');
  const type = essence.trim();
  return types.some((range) => range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1))));
}

function compileList(value: unknown, pointer: string, known: readonly string[]): readonly CompiledRule[] {
  if (!Array.isArray(value) || value.length > MAX_RULES)
    throw invalid(pointer, `it is no list of at most ${MAX_RULES} rules`);
  return value.map((rule: unknown, place) => compileRule(rule, `${pointer}/${place}`, known));
}

function compileRule(value: unknown, pointer: string, known: readonly string[]): CompiledRule {
  const { from, paths, types } = fieldsOf(value, pointer, known);
  if (known.includes('from') && from !== '*' && from !== 'self' && !isPluginId(from)) {
    throw invalid(`${pointer}/from`, `${quote(from)} names no plugin`, 'write "self", the id of a plugin, or "*"');
  }
  return {
    from: typeof from === 'string' ? from : undefined,
    globs: listOf(paths, `${pointer}/paths`).map((path, place) => compileGlob(path, `${pointer}/paths/${place}`)),
    types:
      types === undefined
        ? undefined
        : listOf(types, `${pointer}/types`).map((type, place) => compileType(type, `${pointer}/types/${place}`)),
  };
}

function compileGlob(value: unknown, pointer: string): PathGlob {
  const glob = parsePathGlob(value);
  if (typeof glob === 'string')
    throw invalid(pointer, `${quote(value)} is no glob: ${glob}`, 'write one such as "reports/**"');
  return glob;
}

function compileType(value: unknown, pointer: string): string {
  if (typeof value === 'string' && MEDIA_RANGE.test(value)) return value.toLowerCase();
  throw invalid(pointer, `${quote(value)} is no media type`, 'write "text/markdown" or "text/*", without parameters');
}

function listOf(value: unknown, pointer: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_PATTERNS) return value;
  throw invalid(pointer, `it is no list of 1 to ${MAX_PATTERNS} patterns`);
}

function fieldsOf(value: unknown, pointer: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(pointer, 'it is no object');
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return { ...value };
  const names = known.map((name) => `"${name}"`).join(', ');
  throw invalid(`${pointer}/${unknown.slice(0, 128)}`, 'it is unknown', `use ${names}, or leave it out`);
}

function invalid(pointer: string, flaw: string, hint?: string): PluginError {
  return createError('ERR_CONFIG_INVALID', `the rules of the artifact broker are invalid at ${pointer}: ${flaw}`, {
    details: { pointer },
    ...(hint === undefined ? {} : { hint }),
  });
}
