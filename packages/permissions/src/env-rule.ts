import type { ParsedRule } from './rule-line.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_.()-]*$/;
const MAX_NAME = 256;

/** An exact name, or a prefix of two characters or more. */
export interface EnvRule {
  readonly kind: 'name' | 'prefix';
  readonly text: string;
}

/** Reads one environment rule. Never throws; the problem says what to write instead. */
export function parseEnvRule(text: string): ParsedRule<EnvRule> {
  const prefix = text.endsWith('*');
  const name = prefix ? text.slice(0, -1) : text;
  if (name === '')
    return { ok: false, problem: `is ${prefix ? '"*"' : 'empty'}; write each name, or a prefix such as "APP_*"` };
  if (name.length > MAX_NAME) return { ok: false, problem: `is longer than ${MAX_NAME} characters` };
  if (!NAME.test(name)) {
    return { ok: false, problem: 'is no name of a variable; write letters, digits and "_", with "*" only at the end' };
  }
  if (prefix && name.length < 2) return { ok: false, problem: 'has a prefix of one character; write two or more' };
  return { ok: true, rule: { kind: prefix ? 'prefix' : 'name', text: name } };
}

/** Whether a string can be the name of a variable at all. */
export function isEnvName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_NAME && !/[=\p{Cc}\p{Cs}]/u.test(name);
}
