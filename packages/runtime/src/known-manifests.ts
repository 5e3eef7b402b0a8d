import type { JsonValue, PluginManifest } from '@kb-labs/contracts';
import type { ContextSettings } from './context.js';
import { copyPlainJson } from './plain-json.js';

/** Parses the manifests of one runtime, each as often as it changes. Throws `ERR_MANIFEST_INVALID`. */
export type ManifestParser = (value: unknown, settings: ContextSettings) => PluginManifest;

interface Known {
  /** What was parsed: a copy. */
  readonly plain: JsonValue;
  /** Frozen all the way down, so that it never has to be looked at again. */
  readonly isConstant: boolean;
  readonly manifest: PluginManifest;
}

/**
 * Remembers for each context what it made of a host's manifest objects. One that is frozen, as what `parseManifest` returns, is parsed once;
 * any other is looked through each time, and parsed again where anything in it has changed. Holds no manifest and no context that nobody else
 * holds, and only the host has either.
 */
export function createManifestParser(
  parse: (plain: JsonValue, templateVariables: readonly string[]) => PluginManifest,
): ManifestParser {
  const contexts = new WeakMap<ContextSettings, WeakMap<object, Known>>();
  const knownBy = (settings: ContextSettings): WeakMap<object, Known> => {
    const known = contexts.get(settings) ?? new WeakMap<object, Known>();
    contexts.set(settings, known);
    return known;
  };
  return (value, settings) => {
    const known = knownBy(settings);
    const before = typeof value === 'object' && value !== null ? known.get(value) : undefined;
    if (before?.isConstant === true) return before.manifest;
    const plain = copyPlainJson(value, { code: 'ERR_MANIFEST_INVALID', what: 'the manifest' });
    if (before !== undefined && isSame(plain, before.plain)) return before.manifest;
    const manifest = parse(plain, Object.keys(settings.templateVariables));
    if (typeof value === 'object' && value !== null)
      known.set(value, { plain, isConstant: isConstant(value), manifest });
    return manifest;
  };
}

/** Whether plain data can never change. It was copied without a refusal, so it holds no proxies and no getters. */
function isConstant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Reflect.ownKeys(value).every((key) => isConstant(Reflect.get(value, key)));
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return Object.is(one, other);
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  const [first, second] = [one, other] as Readonly<Record<string, JsonValue>>[];
  return names.every((name) => Object.hasOwn(other, name) && isSame(first?.[name], second?.[name]));
}
