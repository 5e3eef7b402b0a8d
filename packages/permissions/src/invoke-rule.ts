import { isPluginId } from '@kb-labs/contracts';
import { canonicalRange, isHandlerName, splitTarget } from './invoke-target.js';
import type { ParsedRule } from './rule-line.js';

/** Whom a rule is about. */
export interface InvokeRule {
  /** The id of a plugin, or `@scope/*`. */
  readonly plugin: string;
  /** Canonical; `undefined` for every version. */
  readonly range: string | undefined;
  /** `undefined` for every handler. */
  readonly handler: string | undefined;
}

/** Reads one rule about invoking others. Never throws; the problem says what to write instead. */
export function parseInvokeRule(text: string): ParsedRule<InvokeRule> {
  const { id, range, handler } = splitTarget(text);
  if (id === '*' || id === '') return refuse('names no plugin; write the id of each, or "@scope/*"');
  const isScope = id.endsWith('/*');
  if (isScope && (range !== undefined || handler !== undefined)) {
    return refuse('has a range or a handler behind "@scope/*"; write one rule for each plugin');
  }
  const wellFormed = isScope ? id.startsWith('@') && isPluginId(`${id.slice(0, -1)}a`) : isPluginId(id);
  if (!wellFormed) return refuse('is no id of a plugin; write "name", "@scope/name" or "@scope/*"');
  if (handler !== undefined && !isHandlerName(handler)) {
    return refuse('has no handler behind ":"; write letters, digits, ".", "_" and "-", and no pattern');
  }
  const canonical = range === undefined ? '*' : canonicalRange(range);
  if (canonical === undefined) return refuse('has no semver range behind "@"; write one such as "^1.2"');
  return { ok: true, rule: { plugin: id, range: canonical === '*' ? undefined : canonical, handler } };
}

function refuse(problem: string): ParsedRule<InvokeRule> {
  return { ok: false, problem };
}
