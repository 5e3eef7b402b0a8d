import { createError } from '@kb-labs/contracts';
import type { DiskRefusal, PermissionRequest, PluginError } from '@kb-labs/contracts';
import { describeTarget } from '@kb-labs/permissions';

/** No rule can lift these, so each says what else to change. */
const REFUSALS: Readonly<Record<DiskRefusal, { readonly why: string; readonly hint: string }>> = {
  link: {
    why: 'a link stands on the way, and links are never followed',
    hint: 'name the file by its real path below the root',
  },
  'special-file': {
    why: 'it is neither a regular file nor a directory',
    hint: 'keep devices, pipes and sockets out of what a plugin may use',
  },
  'hard-link': {
    why: 'the file has more than one name, and such a file is not written',
    hint: 'write a new file under another name',
  },
  'mount-point': {
    why: 'it lies on another device',
    hint: 'make it a root of its own, or leave sameDevice off',
  },
  'outside-root': {
    why: 'it lies outside the root of the run',
    hint: 'name a path below the root',
  },
  'root-moved': {
    why: 'the root of the run is not the real folder that it was',
    hint: 'leave the root in place while a plugin runs, and give its real path',
  },
};

/** What a guest is told where the disk, and no rule, refused a path. */
export function createRefusal(request: PermissionRequest, refusal: DiskRefusal): PluginError {
  const target = describeTarget(request);
  const { why, hint } = REFUSALS[refusal];
  return createError('ERR_PERMISSION_DENIED', `fs access to ${target} is denied: ${why}`, {
    details: { kind: 'fs', target, reason: refusal },
    hint,
  });
}
