import { createError } from '@kb-labs/contracts';
import type { NetTarget } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import { createFetchError } from './fetch-error.js';

/** An address that a name has, in the form that the resolver gives. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Turns a host name into all its addresses. Rejects with an error that has a `code` (`ENOTFOUND`). */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** Who decides on addresses, who finds them, and what ends the wait. */
export interface ResolveContext {
  readonly gate: Gate;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
}

/**
 * Resolves a target once and asks the policy about each address. One that is denied denies them all: a name with a private and a
 * public answer is a name that is up to something. What the guest is told names the host, never the address.
 */
export async function resolveTarget(
  target: NetTarget,
  { gate, resolve, signal }: ResolveContext,
): Promise<readonly ResolvedAddress[]> {
  const addresses =
    target.ipVersion === 0
      ? await askResolver(target, resolve, signal)
      : [{ address: target.host, family: target.ipVersion }];
  for (const { address } of addresses) {
    gate.admit({ kind: 'address', target, address }, 'connect', { kind: 'net', url: target });
  }
  return addresses;
}

async function askResolver(
  target: NetTarget,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  const gone = new AbortController();
  try {
    const addresses = await Promise.race([resolve(target.host), rejectOnAbort(signal, gone.signal)]);
    if (addresses.length > 0) return addresses.map(({ address, family }) => ({ address, family }));
  } catch (error) {
    throw createFetchError(target, error);
  } finally {
    gone.abort();
  }
  throw createError('ERR_FETCH_FAILED', `fetch of ${target.scheme}://${target.host} failed: ENOTFOUND`, {
    details: { errno: 'ENOTFOUND', host: target.host },
    hint: 'look at the name, and at the resolver of the host',
  });
}

/** The system's resolver cannot be stopped, so its answer is left behind. */
function rejectOnAbort(signal: AbortSignal, gone: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: gone });
  });
}
