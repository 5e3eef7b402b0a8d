import { describeTarget, kindOfRequest } from './describe-target.js';
import type { DenyReason, PermissionRequest } from './permission-policy.js';
import { PluginError } from './plugin-error.js';

const HINTS: Readonly<Record<DenyReason, string>> = {
  'invalid-request': 'ask for a kind of access that exists, with plain data',
  'invalid-path': 'hand in a well-formed path without control characters',
  'invalid-url': 'hand in a well-formed absolute URL',
  'invalid-name': 'hand in the name of a variable',
  'outside-root': 'name a path below the root, or let the host choose a root that holds it',
  'not-requested': 'add an allow rule to the manifest, or to the grant where there is no manifest',
  'not-granted': 'let the host grant it; the manifest asks for it',
  'not-delegated': 'grant it to the plugin that invokes this one as well, or grant this one authority of its own',
  'denied-by-rule': 'remove the deny rule that matches',
  'mandatory-deny': 'do without it: no rule can allow this',
  'read-only': 'set the mode to "readWrite" in the document that says "read"',
  'scheme-refused': 'use https, or http where a rule says so',
  'user-info': 'send credentials in a header, not in the URL',
  'port-refused': 'serve it on a port that fetch does not block',
  'private-address': 'name the address or its range, with the port, in an allow rule',
  interpreter: 'run a binary that does one thing; or write "interpreter": true in the rule of manifest and grant',
  'dry-run': 'run it for real: nobody can know beforehand what it would do',
};

/** Thrown where a guest's call is refused. A decision alone never throws. */
export class PermissionDeniedError extends PluginError {
  override readonly name = 'PermissionDeniedError';
  override readonly code = 'ERR_PERMISSION_DENIED';

  /** `hint`: what to change, as `describePatches` has it. Default: a sentence for all denials with this reason. */
  constructor(request: PermissionRequest, reason: DenyReason, hint?: string) {
    const target = describeTarget(request);
    const kind = kindOfRequest(request) ?? 'unknown';
    super(`${kind} access to ${target} is denied: ${reason}`, {
      details: { kind, target, reason },
      hint: hint ?? hintFor(kind, reason),
    });
  }
}

function hintFor(kind: string, reason: DenyReason): string {
  return kind === 'shell' && reason === 'invalid-path'
    ? 'name the command by its absolute path, without ".", ".." or "//", such as /usr/bin/wc'
    : HINTS[reason];
}
