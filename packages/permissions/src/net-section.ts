import type { NetPermissionSpec, PatchOperation, PermissionDecision } from '@kb-labs/contracts';
import { embeddedIpv4, isGloballyRoutable, parseIp } from './ip-address.js';
import type { IpAddress } from './ip-address.js';
import { isMetadataAddress, isMetadataName } from './metadata-services.js';
import { parseNetRule } from './net-rule.js';
import { compileNetRules } from './net-rule-set.js';
import type { NetRuleSet } from './net-rule-set.js';
import { defaultPort } from './net-target.js';
import type { NetPlace } from './net-target.js';
import { allowedBy, decideOnce, deniedBy, mandatoryLine } from './rule-line.js';
import type { RuleLine } from './rule-line.js';
import { deny, listOf, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';

/** A URL, and one address that its name has been resolved to where that is the question. */
export interface NetQuestion {
  readonly target: NetPlace;
  readonly address: string | undefined;
}

/** Compiles the network rules of one document. An absent section denies all. */
export function compileNetSection(spec: NetPermissionSpec | undefined, context: SectionContext): Section<NetQuestion> {
  const rules: NetRules = {
    allow: compileNetRules(listOf(spec, 'allow', context), 'allow'),
    denied: compileNetRules(listOf(spec, 'deny', context), 'deny'),
    metadata: mandatoryLine('metadata services'),
    allowedBy: decideOnce(allowedBy),
    deniedBy: decideOnce((line) => deniedBy(line, 'denied-by-rule')),
  };
  return {
    decide: ({ target, address }) => {
      const decision = decideTarget(rules, target);
      return address === undefined || !decision.allowed
        ? decision
        : decideAddress({ rules, target, address, decision });
    },
    lines: (question) => linesOf(rules, question),
    lift: (question) => lift({ rules, question, spec, context }),
  };
}

interface NetRules {
  readonly allow: NetRuleSet;
  readonly denied: NetRuleSet;
  readonly metadata: RuleLine;
  readonly allowedBy: (line: RuleLine) => PermissionDecision;
  readonly deniedBy: (line: RuleLine) => PermissionDecision;
}

function decideTarget(rules: NetRules, target: NetPlace): PermissionDecision {
  const ip = target.ipVersion === 0 ? undefined : parseIp(target.host);
  if (ip !== undefined) return decideLiteral(rules, ip, target);
  if (isMetadataName(target.host)) return deniedBy(rules.metadata, 'mandatory-deny');
  return rules.denied.decideName(target) ?? rules.allow.decideName(target) ?? deny('not-requested');
}

function decideLiteral(rules: NetRules, ip: IpAddress, target: NetPlace): PermissionDecision {
  if (isMetadataAddress(ip)) return deniedBy(rules.metadata, 'mandatory-deny');
  const [denying] = denyingAddress(rules, ip, target);
  if (denying !== undefined) return rules.deniedBy(denying);
  const [allowing] = rules.allow.forAddress(ip, target);
  if (allowing === undefined) return deny('not-requested');
  return isReachable(rules, ip, target) ? rules.allowedBy(allowing) : deny('private-address');
}

interface AddressCheck {
  readonly rules: NetRules;
  readonly target: NetPlace;
  readonly address: string;
  /** What the target alone came to. */
  readonly decision: PermissionDecision;
}

function decideAddress({ rules, target, address, decision }: AddressCheck): PermissionDecision {
  const ip = parseIp(address);
  if (ip === undefined || !belongsTo(ip, target)) return deny('private-address');
  if (isMetadataAddress(ip)) return deniedBy(rules.metadata, 'mandatory-deny');
  const [denying] = denyingAddress(rules, ip, target);
  if (denying !== undefined) return rules.deniedBy(denying);
  if (!isReachable(rules, ip, target)) return deny('private-address');
  const [named] = rules.allow.forAddress(ip, target);
  return named === undefined ? decision : rules.allowedBy(named);
}

/** A URL with an address in it leads to that address and to no other. */
function belongsTo(ip: IpAddress, target: NetPlace): boolean {
  return target.ipVersion === 0 || parseIp(target.host)?.toString() === ip.toString();
}

function denyingAddress(rules: NetRules, ip: IpAddress, target: NetPlace): readonly RuleLine[] {
  return [ip, ...embeddedIpv4(ip)].flatMap((address) => rules.denied.forAddress(address, target));
}

/** Public, or named by an address rule; what an address carries inside must be so as well. */
function isReachable(rules: NetRules, ip: IpAddress, target: NetPlace): boolean {
  return unnamed(rules, ip, target).length === 0;
}

function unnamed(rules: NetRules, ip: IpAddress, target: NetPlace): readonly IpAddress[] {
  return [ip, ...embeddedIpv4(ip)].filter(
    (address) => !isGloballyRoutable(address) && rules.allow.forAddress(address, target).length === 0,
  );
}

function linesOf(rules: NetRules, { target, address }: NetQuestion): readonly RuleLine[] {
  const addresses = [target.host, address ?? ''].map(parseIp).filter((ip) => ip !== undefined);
  const metadata = isMetadataName(target.host) || addresses.some(isMetadataAddress) ? [rules.metadata] : [];
  const lines = [
    ...metadata,
    ...rules.denied.forName(target),
    ...addresses.flatMap((ip) => denyingAddress(rules, ip, target)),
    ...rules.allow.forName(target),
    ...addresses.flatMap((ip) => rules.allow.forAddress(ip, target)),
  ];
  return [...new Set(lines)];
}

interface LiftRequest {
  readonly rules: NetRules;
  readonly question: NetQuestion;
  readonly spec: NetPermissionSpec | undefined;
  readonly context: SectionContext;
}

function lift({ rules, question, spec, context }: LiftRequest): readonly PatchOperation[] | undefined {
  const { target, address } = question;
  const literal = parseIp(target.host);
  const ip = address === undefined ? literal : parseIp(address);
  if (address !== undefined && (ip === undefined || !belongsTo(ip, target))) return undefined;
  if (isMetadataName(target.host) || (ip !== undefined && isMetadataAddress(ip))) return undefined;
  const allowing = literal === undefined ? rules.allow.forName(target) : rules.allow.forAddress(literal, target);
  const addresses = ip === undefined ? [] : unnamed(rules, ip, target).map(String);
  const add = [...new Set([...(allowing.length === 0 ? [literal?.toString() ?? target.host] : []), ...addresses])].map(
    (host) => ruleFor(host, target),
  );
  if (!add.every((rule) => parseNetRule(rule).ok)) return undefined;
  const remove = [
    ...(literal === undefined ? rules.denied.forName(target) : []),
    ...(ip === undefined ? [] : denyingAddress(rules, ip, target)),
  ];
  return patchSection({ pointer: context.pointer, spec, remove, add, members: {} });
}

/** The narrowest rule that covers a host on the target's scheme and port. */
function ruleFor(host: string, { scheme, port }: NetPlace): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme === 'https' ? '' : 'http://'}${name}${port === defaultPort(scheme) ? '' : `:${port}`}`;
}
