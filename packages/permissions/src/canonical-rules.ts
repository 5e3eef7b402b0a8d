import { DEFAULT_EVENT_SCOPES } from '@kb-labs/contracts';
import type { ArtifactWriteRule, EventPermissionSpec, PermissionSpec, ShellRule } from '@kb-labs/contracts';
import { parseFsRule } from './fs-rule.js';
import { parseInvokeRule } from './invoke-rule.js';
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
    artifactsRead: unique(spec.artifacts?.read, artifactText),
    artifactsWrite: unique(spec.artifacts?.write, artifactText),
    ...eventRules(spec.events ?? undefined),
    invokeAllow: unique(spec.invoke?.allow, invokeText),
    invokeDeny: unique(spec.invoke?.deny, invokeText),
    shellAllow: unique(spec.shell?.allow, shellText),
  };
}

function unique<Rule>(rules: readonly Rule[] | null | undefined, text: (rule: Rule) => string): readonly string[] {
  return [...new Set((rules ?? []).map(text))].toSorted();
}

function eventRules({ produce, consume, scopes = DEFAULT_EVENT_SCOPES }: EventPermissionSpec = {}): Readonly<
  Record<string, unknown>
> {
  const isEmpty = (produce?.length ?? 0) + (consume?.length ?? 0) === 0;
  return {
    eventsProduce: unique(produce, (topic) => topic),
    eventsConsume: unique(consume, (topic) => topic),
    eventsScopes: isEmpty ? [] : unique(scopes, (scope) => scope),
  };
}

function artifactText({ from, paths, types }: ArtifactWriteRule & { readonly from?: string }): string {
  const media = types?.map((type) => type.toLowerCase());
  return JSON.stringify([from ?? 'self', unique(paths, (path) => path), media && unique(media, (type) => type)]);
}

function invokeText(rule: string): string {
  const { plugin, range, handler } = trusted(parseInvokeRule(rule));
  return `${plugin}@${range ?? '*'}:${handler ?? '*'}`;
}

function shellText({ command, args = [], interpreter }: ShellRule): string {
  return JSON.stringify([command, args, interpreter === true]);
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
