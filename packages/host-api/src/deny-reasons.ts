import type { DenyReason, DiskRefusal, PluginError } from '@kb-labs/contracts';

const REASONS: Readonly<Record<DenyReason | DiskRefusal, true>> = {
  'invalid-request': true,
  'invalid-path': true,
  'invalid-url': true,
  'invalid-name': true,
  'outside-root': true,
  'not-requested': true,
  'not-granted': true,
  'not-delegated': true,
  'denied-by-rule': true,
  'mandatory-deny': true,
  'read-only': true,
  'scheme-refused': true,
  'user-info': true,
  'port-refused': true,
  'private-address': true,
  interpreter: true,
  'dry-run': true,
  link: true,
  'special-file': true,
  'hard-link': true,
  'mount-point': true,
  'root-moved': true,
};

/** Why a room said no, in the audit's words; `undefined` for an error that is no such decision. */
export function readDenyReason(error: PluginError): DenyReason | DiskRefusal | undefined {
  const reason = error.details['reason'];
  // The end of the run ends calls with this code, and nobody decided that.
  if (error.code !== 'ERR_PERMISSION_DENIED' || reason === 'run-over') return undefined;
  return isDenyReason(reason) ? reason : 'denied-by-rule';
}

function isDenyReason(reason: unknown): reason is DenyReason | DiskRefusal {
  return typeof reason === 'string' && Object.hasOwn(REASONS, reason);
}
