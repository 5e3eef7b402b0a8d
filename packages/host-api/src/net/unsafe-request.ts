import { describeTarget } from '@kb-labs/permissions';
import type { NetSession } from './net-session.js';
import type { OutgoingRequest } from './outgoing-request.js';

/** Methods that ask for no change (RFC 9110). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Tells of a request that may change something. What the other side makes of it nobody can know, nor take back, so a dry run ends here,
 * when all has been checked, with `ERR_PERMISSION_DENIED` of the reason `dry-run`.
 */
export function recordUnsafe({ gate, recorder }: NetSession, { method, target }: OutgoingRequest): void {
  if (SAFE_METHODS.has(method)) return;
  const request = { kind: 'net', url: target } as const;
  recorder.record({
    name: 'net.fetch',
    target: describeTarget(request),
    destination: undefined,
    before: undefined,
    after: undefined,
    reversible: false,
  });
  if (recorder.dryRun) throw gate.deny(request, { operation: 'fetch', reason: 'dry-run' });
}
