import { foldForDeny } from './fold-name.js';
import type { FoldName } from './fold-name.js';

/** Makes two spellings of a name of git's equal, on every platform: a checkout may lie on a disk of another one. */
export const foldGitName: FoldName = foldForDeny('darwin');

/**
 * Whether some file system opens `.git` by this name: in another case or Unicode form, with dots or spaces at the end, as a stream of
 * NTFS or by a short name.
 */
export function isGitFolder(name: string): boolean {
  const [plain = ''] = foldGitName(name).split(':');
  const trimmed = plain.replace(/[. ]+$/u, '');
  return trimmed === '.git' || /^git~\d$/u.test(trimmed);
}
