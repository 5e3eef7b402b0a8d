import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A parsed address of either family. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** Parses the plain forms alone: dotted IPv4 with four decimal parts, IPv6 without a zone. */
export function parseIp(text: string): IpAddress | undefined {
  if (ipVersionOf(text) === 0 || text.includes('%')) return undefined;
  return ipaddr.parse(text);
}

/** 4 or 6 where a text is an address, 0 where it is none. */
export function ipVersionOf(text: string): 0 | 4 | 6 {
  const last = text.charCodeAt(text.length - 1);
  // Every IPv4 address ends in a digit, and every IPv6 address has a colon: most names need no closer look.
  const mayBe = (last >= 0x30 && last <= 0x39) || text.includes(':');
  const version = mayBe ? isIP(text) : 0;
  return version === 4 || version === 6 ? version : 0;
}

/** Whether an address is of the same family and inside the range. */
export function isInRange(ip: IpAddress, range: IpAddress, bits: number): boolean {
  return ip.kind() === range.kind() && ip.match(range, bits);
}

/** Whether no bit is set beyond the prefix, as in `10.0.0.0/8`. */
export function isNetworkAddress(ip: IpAddress, bits: number): boolean {
  return ip.toByteArray().every((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, bits - index * 8)))) === 0);
}

/**
 * Whether packets to it leave for the public internet. Loopback, private, shared, link-local, reserved, multicast and
 * documentation ranges do not; neither do addresses that carry an IPv4 address in them.
 */
export function isGloballyRoutable(ip: IpAddress): boolean {
  if (ip.range() !== 'unicast') return false;
  if (ip instanceof ipaddr.IPv4) return true;
  // Only 2000::/3 is assigned as global unicast, and of that 2001::/23 for protocols; the library calls every unlisted range unicast.
  const [a = 0, b = 0] = ip.parts;
  const isAssigned = (a & 0xe000) === 0x2000 && !(a === 0x2001 && b < 0x200);
  return isAssigned && embeddedIpv4(ip).length === 0;
}

/** Whether it is `::ffff:a.b.c.d`, which a socket treats as the IPv4 address itself. */
export function isIpv4Mapped(ip: IpAddress): boolean {
  return ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress();
}

/** The IPv4 addresses that an IPv6 address carries: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP. */
export function embeddedIpv4(ip: IpAddress): readonly ipaddr.IPv4[] {
  if (ip instanceof ipaddr.IPv4) return [];
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = ip.parts;
  const last = ipv4(g, h);
  if (a === 0x2002) return [ipv4(b, c)];
  if (a === 0x2001 && b === 0) return [ipv4(c, d), ipv4(g ^ 0xffff, h ^ 0xffff)];
  if (a === 0x64 && b === 0xff9b) return [last];
  const zero = (a | b | c | d) === 0;
  if (zero && e === 0 && (f === 0xffff || f === 0)) return (f | g) === 0 && h < 2 ? [] : [last];
  if (zero && e === 0xffff && f === 0) return [last];
  if ((e === 0 || e === 0x200) && f === 0x5efe) return [last];
  return [];
}

function ipv4(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
