import type { PermissionDecision } from '@kb-labs/contracts';
import { isInRange } from './ip-address.js';
import type { IpAddress } from './ip-address.js';
import { parseNetRule } from './net-rule.js';
import type { NetRule } from './net-rule.js';
import { defaultPort } from './net-target.js';
import type { NetPlace } from './net-target.js';
import { allowedBy, deniedBy, ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';

/** Compiled network rules of one list: names in maps, ranges of addresses behind them. */
export interface NetRuleSet {
  /** What the first line of `forName` decides. */
  decideName(target: NetPlace): PermissionDecision | undefined;
  /** Lines for the name of a target. Never those for addresses. */
  forName(target: NetPlace): readonly RuleLine[];
  /** Lines for an address that a target has led to. Never those for names. */
  forAddress(ip: IpAddress, target: NetPlace): readonly RuleLine[];
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
  const index: NameIndex = { names, below, longest: Math.max(0, ...Array.from(below.keys(), (name) => name.length)) };
  return {
    decideName: (target) => decideName(index, target),
    forName: (target) => endpointsOf(index, target.host).flatMap((endpoints) => linesFor(endpoints, target)),
    forAddress: (ip, target) =>
      linesFor(
        ranges.filter((range) => isInRange(ip, range.ip, range.bits)),
        target,
      ),
  };
}

interface Endpoint {
  readonly line: RuleLine;
  /** What it decides on all that it fits. */
  readonly decision: PermissionDecision;
  readonly scheme: 'http' | 'https' | '*';
  readonly port: number | '*';
}

interface Range extends Endpoint {
  readonly ip: IpAddress;
  readonly bits: number;
}

function narrowEndpoint(rule: NetRule, line: RuleLine): Endpoint {
  const scheme = rule.scheme ?? 'https';
  return { line, decision: allowedBy(line), scheme, port: rule.port ?? defaultPort(scheme) };
}

function wideEndpoint(rule: NetRule, line: RuleLine): Endpoint {
  return {
    line,
    decision: deniedBy(line, 'denied-by-rule'),
    scheme: rule.scheme ?? '*',
    port: rule.port ?? '*',
  };
}

function fits(endpoint: Endpoint, target: NetPlace): boolean {
  const { scheme, port } = endpoint;
  return (scheme === '*' || scheme === target.scheme) && (port === '*' || port === target.port);
}

function linesFor(endpoints: readonly Endpoint[], target: NetPlace): readonly RuleLine[] {
  return endpoints.filter((endpoint) => fits(endpoint, target)).map(({ line }) => line);
}

/** Endpoints by their names, and by the names below which they lie. */
interface NameIndex {
  readonly names: ReadonlyMap<string, readonly Endpoint[]>;
  readonly below: ReadonlyMap<string, readonly Endpoint[]>;
  /** Units of the longest name in `below`. */
  readonly longest: number;
}

function decideName(index: NameIndex, target: NetPlace): PermissionDecision | undefined {
  const { host } = target;
  const exact = index.names.size === 0 ? undefined : firstFor(index.names.get(host), target);
  if (exact !== undefined || index.below.size === 0) return exact;
  for (let start = nextParent(host, 0); start !== -1; start = nextParent(host, start)) {
    const parent = host.length - start > index.longest ? undefined : index.below.get(host.slice(start));
    const decision = firstFor(parent, target);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function firstFor(endpoints: readonly Endpoint[] | undefined, target: NetPlace): PermissionDecision | undefined {
  if (endpoints === undefined) return undefined;
  for (const endpoint of endpoints) if (fits(endpoint, target)) return endpoint.decision;
  return undefined;
}

/** In the order in which they are named: those of the host itself, then those of its parents, from the nearest on. */
function endpointsOf({ names, below }: NameIndex, host: string): readonly (readonly Endpoint[])[] {
  const found = [names.get(host)];
  for (let start = nextParent(host, 0); start !== -1; start = nextParent(host, start)) {
    found.push(below.get(host.slice(start)));
  }
  return found.filter((endpoints) => endpoints !== undefined);
}

/** Where the next parent begins: in `a.b.example.com` at `b.example.com`, then at `example.com`, then at `com`; -1 behind the last. */
function nextParent(host: string, from: number): number {
  return host.indexOf('.', from) + 1 || -1;
}

function push(map: Map<string, Endpoint[]>, name: string, endpoint: Endpoint): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [endpoint]);
  else list.push(endpoint);
}
