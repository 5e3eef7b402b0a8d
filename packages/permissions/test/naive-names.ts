import { isIP } from 'node:net';
import type { EnvPermissionSpec, NetPermissionSpec } from '@kb-labs/contracts';
import { isBadPort } from '../src/bad-ports.js';
import { isMetadataName } from '../src/metadata-services.js';
import { parseNetRule } from '../src/net-rule.js';
import { trusted } from '../src/rule-line.js';
import type { NaiveDecision } from './naive-fs.js';

/** Decides on a URL by the standard's parser and one rule after the other. Names alone: an address is `undefined`. */
export function decideNetNaively(spec: NetPermissionSpec, url: string): NaiveDecision | undefined {
  const parsed = url.length > 4096 || /[\p{Cc}\p{Cs}]/u.test(url) ? null : URL.parse(url);
  if (parsed === null) return { outcome: 'invalid-url' };
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return { outcome: 'scheme-refused' };
  if (parsed.username !== '' || parsed.password !== '') return { outcome: 'user-info' };
  const host = parsed.hostname.replace(/\.$/, '');
  const isAddress = host.startsWith('[') || isIP(host) !== 0;
  if (!isAddress && (host.length > 253 || host.split('.').includes(''))) return { outcome: 'invalid-url' };
  const scheme = parsed.protocol.slice(0, -1);
  const port = parsed.port === '' ? { http: 80, https: 443 }[scheme] : Number(parsed.port);
  if (port === undefined || isBadPort(port)) return { outcome: 'port-refused' };
  if (isAddress) return undefined;
  if (isMetadataName(host)) return { outcome: 'mandatory-deny', rule: 'metadata services' };
  const named = (rules: readonly string[] | null | undefined, isDeny: boolean): string | undefined => {
    const fitting = (rules ?? [])
      .map((rule) => ({ rule, ...trusted(parseNetRule(rule)) }))
      .filter((rule) => {
        const ruleScheme = rule.scheme ?? (isDeny ? scheme : 'https');
        const rulePort = rule.port ?? (isDeny ? '*' : { http: 80, https: 443 }[ruleScheme]);
        return ruleScheme === scheme && (rulePort === '*' || rulePort === port);
      });
    const exact = fitting.find((rule) => rule.host.kind === 'name' && rule.host.name === host);
    const above = fitting
      .flatMap((rule) =>
        rule.host.kind === 'below' && host.endsWith(`.${rule.host.name}`)
          ? [{ rule: rule.rule, name: rule.host.name }]
          : [],
      )
      .toSorted((a, b) => b.name.length - a.name.length);
    return exact?.rule ?? above[0]?.rule;
  };
  const denying = named(spec.deny, true);
  if (denying !== undefined) return { outcome: 'denied-by-rule', rule: denying };
  const allowing = named(spec.allow, false);
  return allowing === undefined ? { outcome: 'not-requested' } : { outcome: 'allowed', rule: allowing };
}

const MANDATORY_ENV = ['NODE_*', 'LD_*', 'DYLD_*', 'OPENSSL_*', 'BASH_ENV', 'SSLKEYLOGFILE'];

/** Decides on a variable, one rule after the other, with names as Linux has them. */
export function decideEnvNaively(spec: EnvPermissionSpec, name: string): NaiveDecision {
  if (name === '' || name.length > 256 || /[=\p{Cc}\p{Cs}]/u.test(name)) return { outcome: 'invalid-name' };
  const named = (rules: readonly string[] | null | undefined): string | undefined => {
    const prefixes = (rules ?? []).filter((rule) => rule.endsWith('*') && name.startsWith(rule.slice(0, -1)));
    return rules?.includes(name) === true && !name.endsWith('*')
      ? name
      : prefixes.toSorted((a, b) => a.length - b.length)[0];
  };
  const mandatory = named(MANDATORY_ENV);
  if (mandatory !== undefined) return { outcome: 'mandatory-deny', rule: mandatory };
  const denying = named(spec.deny);
  if (denying !== undefined) return { outcome: 'denied-by-rule', rule: denying };
  const allowing = named(spec.allow);
  return allowing === undefined ? { outcome: 'not-requested' } : { outcome: 'allowed', rule: allowing };
}
