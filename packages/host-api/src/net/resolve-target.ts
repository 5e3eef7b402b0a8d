import type { NetTarget } from '@kb-labs/contracts';
import type { Exchange } from './exchange.js';
import { createFetchError, LOOKUP_TIMEOUT } from './fetch-error.js';
import { timingOf } from './net-session.js';
import type { NetSession } from './net-session.js';
import { isUnnamedOwnAddress } from './own-address.js';
import type { ResolvedAddress } from './resolver.js';
import { withinTime } from './time-limit.js';

/** Each address is decided on and written down, so that there may not be any number of them. */
const MAX_ADDRESSES = 256;

/**
 * Resolves a target once and asks the policy about each address. One that is denied denies them all: a name with a private and a
 * public answer is a name that is up to something. What the guest is told names the host, never the address.
 */
export async function resolveTarget(
  session: NetSession,
  current: Exchange,
  target: NetTarget,
): Promise<readonly ResolvedAddress[]> {
  const { gate, ownAddresses } = session;
  const shown = { kind: 'net', url: target } as const;
  const addresses =
    target.ipVersion === 0
      ? await lookUp(session, current, target)
      : [{ address: target.host, family: target.ipVersion }];
  for (const { address } of addresses) {
    const request = { kind: 'address', target, address } as const;
    // Asked before anything is written down, so that no record says yes to what is refused a moment later.
    if (isUnnamedOwnAddress({ gate, more: ownAddresses }, target, address) && gate.permits(request))
      throw gate.deny(request, { operation: 'connect', reason: 'private-address', shown });
    gate.admit(request, 'connect', shown);
  }
  return addresses;
}

async function lookUp(session: NetSession, current: Exchange, target: NetTarget): Promise<readonly ResolvedAddress[]> {
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const { signal } = current.controller;
  const onAbort = (): void => stop(signal.reason);
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    // The system's resolver cannot be stopped, so its answer is left behind.
    const asked = Promise.race([session.resolve(target.host), stopped]);
    const given = await withinTime(asked, { ms: session.timeouts.connectMs, code: LOOKUP_TIMEOUT });
    if (given.length === 0) throw failWith('ENOTFOUND');
    if (given.length > MAX_ADDRESSES) throw failWith('TOO_MANY_ADDRESSES');
    return given.map(({ address, family }) => ({ address, family }));
  } catch (error) {
    throw createFetchError(target, error, timingOf(session, current));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function failWith(code: string): Error {
  return Object.assign(new Error(`the lookup failed: ${code}`), { code });
}
