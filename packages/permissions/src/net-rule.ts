import { isIPv4 } from 'node:net';
import { isBadPort } from './bad-ports.js';
import { isIpv4Mapped, isNetworkAddress, parseIp } from './ip-address.js';
import type { IpAddress } from './ip-address.js';
import type { ParsedRule } from './rule-line.js';

/** Where a rule leads: one name, all names below one, or a range of addresses. */
type NetHost =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'below'; readonly name: string }
  | { readonly kind: 'address'; readonly ip: IpAddress; readonly bits: number };

/** A rule as written. What `scheme` and `port` mean where they are absent depends on the list. */
export interface NetRule {
  readonly host: NetHost;
  readonly scheme: 'http' | 'https' | undefined;
  readonly port: number | '*' | undefined;
}

/** Reads one network rule. Never throws; the problem says what to write instead. */
export function parseNetRule(text: string): ParsedRule<NetRule> {
  if (text === '') return refuse('is empty; write a host such as "api.example.com"');
  if (/[\p{Cc}\p{Cs}\s]/u.test(text)) return refuse('has a space or control character; write the host alone');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    return refuse(`has the scheme "${scheme.slice(0, 32)}"; write "https" or "http"`);
  }
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
  if (/[@?#\\%]/.test(rest)) return refuse('has user info, a query or an escape; write "[scheme://]host[:port]"');
  const parts = splitHost(rest);
  if (parts === undefined)
    return refuse('is no "[scheme://]host[:port]"; leave out paths, and write IPv6 with a port as "[::1]:443"');
  const port = parts.port === undefined || parts.port === '*' ? parts.port : Number(parts.port);
  if (typeof port === 'number' && (port < 1 || port > 65_535)) return refuse('has a port outside 1 to 65535');
  if (typeof port === 'number' && isBadPort(port))
    return refuse(`has the port ${port}, which fetch refuses; write another`);
  const host = parts.bits === undefined && !parts.address ? parseName(parts.host) : parseRange(parts.host, parts.bits);
  return host.ok ? { ok: true, rule: { host: host.rule, scheme, port } } : host;
}

interface HostParts {
  readonly host: string;
  readonly address: boolean;
  readonly bits: string | undefined;
  readonly port: string | undefined;
}

const BRACKETED = /^\[([0-9a-f:.]+)(?:\/(\d{1,4}))?\](?:\/(\d{1,4}))?(?::(\d{1,5}|\*))?$/i;
const BARE_IPV6 = /^([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)(?:\/(\d{1,4}))?$/i;
const PLAIN = /^([^/:[\]]+)(?:\/(\d{1,4}))?(?::(\d{1,5}|\*))?$/;

function splitHost(rest: string): HostParts | undefined {
  const bracketed = BRACKETED.exec(rest);
  if (bracketed !== null) {
    const [, host = '', inner, outer, port] = bracketed;
    if (inner !== undefined && outer !== undefined) return undefined;
    return { host, address: true, bits: inner ?? outer, port };
  }
  const bare = BARE_IPV6.exec(rest);
  if (bare !== null) return { host: bare[1] ?? '', address: true, bits: bare[2], port: undefined };
  const plain = PLAIN.exec(rest);
  if (plain === null) return undefined;
  const [, host = '', bits, port] = plain;
  return { host, address: isIPv4(host), bits, port };
}

function parseRange(host: string, written: string | undefined): ParsedRule<NetHost> {
  const ip = parseIp(host);
  if (ip === undefined)
    return refuse('has a path or prefix behind a name; write the host alone, or an address such as "10.0.0.0/8"');
  if (isIpv4Mapped(ip)) return refuse('is an IPv4 address in IPv6 form; write the IPv4 address');
  const all = ip.kind() === 'ipv4' ? 32 : 128;
  const bits = written === undefined ? all : Number(written);
  if (bits > all || (written !== undefined && String(bits) !== written)) {
    return refuse(`has the prefix length /${written}; write one from /0 to /${all}`);
  }
  if (!isNetworkAddress(ip, bits)) return refuse('has bits beyond its prefix; write the first address of the range');
  return { ok: true, rule: { kind: 'address', ip, bits } };
}

function parseName(host: string): ParsedRule<NetHost> {
  if (host === '*') return refuse('is "*", which would be every host; write each host, or "*.example.com"');
  const below = host.startsWith('*.');
  const written = below ? host.slice(2) : host;
  if (written.includes('*'))
    return refuse('has "*" inside a name; write it as the whole left label, as in "*.example.com"');
  const name = canonicalName(written);
  if (name === undefined) return refuse('is no host name; write one such as "api.example.com"');
  if (parseIp(name) !== undefined) return refuse(`means the address ${name}; write it so`);
  if (below && name.split('.').length < 2)
    return refuse('spans a whole top level; write at least two labels behind "*."');
  return { ok: true, rule: { kind: below ? 'below' : 'name', name } };
}

/** A name as URLs spell it: lower case, punycode, no dot at the end. */
function canonicalName(written: string): string | undefined {
  const { hostname } = URL.parse(`https://${written}/`) ?? { hostname: '' };
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  // URLs take `!`, `$` and their like in a name, and no name server does: a rule with one would never apply.
  if (/[^a-z0-9._-]/.test(name)) return undefined;
  const labels = name.split('.');
  const fits = name.length <= 253 && labels.every((label) => label !== '' && label.length <= 63);
  return fits ? name : undefined;
}

function refuse(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
