import { networkInterfaces } from 'node:os';
import type { NetTarget } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';

/** Where this machine is reached, besides loopback and private addresses. */
export interface OwnAddresses {
  readonly gate: Gate;
  /** Those that no interface has, such as that of a router in front. */
  readonly more: readonly string[];
}

/**
 * Whether a name leads to this very machine by a public address, and no rule names that address on the target's scheme and port: what
 * listens there may be meant for the machine alone.
 */
export function isUnnamedOwnAddress({ gate, more }: OwnAddresses, target: NetTarget, address: string): boolean {
  const host = asUrlHost(address);
  if (host === undefined) return false;
  // Looked up each time: interfaces come and go.
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const own = [...interfaces.map((each) => each.address), ...more];
  if (!own.some((each) => asUrlHost(each) === host)) return false;
  return !gate.permits({ kind: 'net', url: `${target.scheme}://${host}:${target.port}/` });
}

/** The one form that a URL has for an address, with brackets. `undefined` for what is none. */
function asUrlHost(address: string): string | undefined {
  return URL.parse(`http://${address.includes(':') ? `[${address}]` : address}/`)?.hostname;
}
