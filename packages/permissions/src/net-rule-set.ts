import type { NetTarget } from '@kb-labs/contracts';
import { isInRange } from './ip-address.js';
import type { IpAddress } from './ip-address.js';
import { parseNetRule } from './net-rule.js';
import type { NetRule } from './net-rule.js';
import { defaultPort } from './net-target.js';
import { ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';

/** Compiled network rules of one list: names in maps, ranges of addresses behind them. */
export interface NetRuleSet {
  /** Lines for the name of a target. Never those for addresses. */
  forName(target: NetTarget): readonly RuleLine[];
  /** Lines for an address that a target has led to. Never those for names. */
  forAddress(ip: IpAddress, target: NetTarget): readonly RuleLine[];
}

/**
 * In a list that allows, what a rule leaves out means the usual: https, and the port of the scheme. In one that denies
 * it means all of them, so that `deny: ['example.com']` leaves no port open.
 */
export function compileNetRules(list: RuleList, meaning: 'allow' | 'deny'): NetRuleSet {
  const names = new Map<string, Endpoint[]>();
  const below = new Map<string, Endpoint[]>();
  const ranges: Range[] = [];
  for (const line of ruleLines(list)) {
    const rule = trusted(parseNetRule(line.rule));
    const endpoint = meaning === 'allow' ? narrowEndpoint(rule, line) : wideEndpoint(rule, line);
    const { host } = rule;
    if (host.kind === 'address') ranges.push({ ...endpoint, ip: host.ip, bits: host.bits });
    else push(host.kind === 'name' ? names : below, host.name, endpoint);
  }
  return {
    forName: (target) => {
      const found = [...(names.get(target.host) ?? [])];
      for (const parent of parentsOf(target.host, below.size > 0)) found.push(...(below.get(parent) ?? []));
      return found.filter((endpoint) => fits(endpoint, target)).map(({ line }) => line);
    },
    forAddress: (ip, target) =>
      ranges.filter((range) => fits(range, target) && isInRange(ip, range.ip, range.bits)).map(({ line }) => line),
  };
}

interface Endpoint {
  readonly line: RuleLine;
  readonly scheme: 'http' | 'https' | '*';
  readonly port: number | '*';
}

interface Range extends Endpoint {
  readonly ip: IpAddress;
  readonly bits: number;
}

function narrowEndpoint(rule: NetRule, line: RuleLine): Endpoint {
  const scheme = rule.scheme ?? 'https';
  return { line, scheme, port: rule.port ?? defaultPort(scheme) };
}

function wideEndpoint(rule: NetRule, line: RuleLine): Endpoint {
  return { line, scheme: rule.scheme ?? '*', port: rule.port ?? '*' };
}

function fits(endpoint: Endpoint, target: NetTarget): boolean {
  const { scheme, port } = endpoint;
  return (scheme === '*' || scheme === target.scheme) && (port === '*' || port === target.port);
}

/** For `a.b.example.com`: `b.example.com`, `example.com`, `com`. */
function* parentsOf(host: string, wanted: boolean): Generator<string> {
  if (!wanted) return;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    // An empty left label (`.example.com`) is nobody's name.
    if (dot > 0) yield host.slice(dot + 1);
  }
}

function push(map: Map<string, Endpoint[]>, name: string, endpoint: Endpoint): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [endpoint]);
  else list.push(endpoint);
}
