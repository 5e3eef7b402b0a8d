import type { PermissionSpec } from '@kb-labs/contracts';
import { parseFsRule } from './fs-rule.js';
import { parseNetRule } from './net-rule.js';
import type { NetRule } from './net-rule.js';
import { defaultPort } from './net-target.js';
import { trusted } from './rule-line.js';

/** The rules of a spec in one form for all spellings: sorted, without duplicates, reasons and empty sections. */
export function canonicalRules(spec: PermissionSpec): unknown {
  const { fs, net, env } = spec;
  const allowsFiles = (fs?.allow?.length ?? 0) > 0;
  return {
    mode: allowsFiles ? fs?.mode : 'read',
    fsAllow: unique(fs?.allow, fsText),
    fsDeny: unique(fs?.deny, fsText),
    netAllow: unique(net?.allow, (rule) => netText(rule, 'allow')),
    netDeny: unique(net?.deny, (rule) => netText(rule, 'deny')),
    envAllow: unique(env?.allow, (rule) => rule),
    envDeny: unique(env?.deny, (rule) => rule),
  };
}

function unique(rules: readonly string[] | null | undefined, text: (rule: string) => string): readonly string[] {
  return [...new Set((rules ?? []).map(text))].toSorted();
}

function fsText(rule: string): string {
  const { kind, segments } = trusted(parseFsRule(rule));
  return `${kind} ${segments.join('/')}`;
}

function netText(rule: string, meaning: 'allow' | 'deny'): string {
  const parsed = trusted(parseNetRule(rule));
  const scheme = parsed.scheme ?? (meaning === 'allow' ? 'https' : '*');
  const port = parsed.port ?? (scheme === '*' || meaning === 'deny' ? '*' : defaultPort(scheme));
  return `${scheme} ${hostText(parsed)} ${port}`;
}

function hostText({ host }: NetRule): string {
  if (host.kind === 'address') return `${host.ip.toString()}/${host.bits}`;
  return host.kind === 'below' ? `*.${host.name}` : host.name;
}
