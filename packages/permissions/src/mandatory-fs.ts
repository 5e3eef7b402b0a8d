import type { FsOperation } from '@kb-labs/contracts';
import type { FoldName } from './fold-name.js';
import { foldGitName, isGitFolder } from './git-folder.js';
import { mandatoryLine } from './rule-line.js';
import type { RuleLine } from './rule-line.js';

const SECRET_NAMES = ['.ssh', '.aws', '.npmrc'];
const SECRETS: ReadonlyMap<string, RuleLine> = new Map(SECRET_NAMES.map((name) => [name, mandatoryLine(`**/${name}`)]));
const LINES = {
  environment: mandatoryLine('**/.env*'),
  hooks: mandatoryLine('**/.git/hooks'),
  config: mandatoryLine('**/.git/config'),
  git: mandatoryLine('**/.git'),
  bin: mandatoryLine('**/node_modules/.bin'),
  root: mandatoryLine('.'),
};

/** Names that no line below is about, whatever folds them: they begin with neither `.` nor the letters of `git~1` and `node_modules`. */
const ORDINARY = /^(?![.gGnN])[\x20-\x7e]+$/;

/** Finds the line of the built-in list that refuses this, or nothing. No spec can lift one. */
export type MandatoryFs = (segments: readonly string[], operation: FsOperation) => RuleLine | undefined;

/**
 * At any depth: `.ssh`, `.aws`, `.npmrc` and `.env*` for everything; `.git/hooks` and `.git/config` for everything, also
 * in submodules and worktrees; all else in `.git` and `node_modules/.bin` for writing, for git runs commands that files there lead it
 * to (`commondir` names a folder with another `config`); the root itself for deleting.
 */
export function compileMandatoryFs(fold: FoldName): MandatoryFs {
  return (segments, operation) => {
    const changes = operation === 'write' || operation === 'delete';
    if (segments.length === 0 && operation === 'delete') return LINES.root;
    let inGit = false;
    let parent = '';
    for (const [index, segment] of segments.entries()) {
      // Only in `.git` does an ordinary name mean something else.
      if (!inGit && ORDINARY.test(segment)) {
        parent = '';
        continue;
      }
      const name = fold(segment);
      const last = index === segments.length - 1;
      const secret = SECRETS.get(name) ?? (name.startsWith('.env') ? LINES.environment : undefined);
      if (secret !== undefined) return secret;
      const gitName = inGit ? foldGitName(segment) : '';
      if (gitName === 'hooks') return LINES.hooks;
      if (gitName.startsWith('config')) return LINES.config;
      inGit ||= isGitFolder(segment);
      if (changes && inGit) return LINES.git;
      if (changes && parent === 'node_modules' && name === '.bin') return LINES.bin;
      // To delete a folder is to delete what is in it.
      if (operation === 'delete' && last && name === 'node_modules') return LINES.bin;
      parent = name;
    }
    return undefined;
  };
}
