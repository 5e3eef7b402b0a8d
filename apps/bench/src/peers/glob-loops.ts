import { resolve } from 'node:path';
import type { FsPermissionSpec } from '@kb-labs/contracts';
import { Minimatch } from 'minimatch';
import picomatch from 'picomatch';

/** Whether a path below the root is allowed. */
export type GlobLoop = (path: string) => boolean;

/** What a host writes that has a matcher and no policy: `path.resolve`, then each denial, then each allowance until one matches. */
export function minimatchLoop(root: string, spec: FsPermissionSpec): GlobLoop {
  return loop(root, spec, (rule) => {
    const glob = new Minimatch(rule, { dot: true, nocomment: true, nonegate: true, noext: true });
    return (path) => glob.match(path);
  });
}

/** The same by the other matcher, whose globs are regular expressions. */
export function picomatchLoop(root: string, spec: FsPermissionSpec): GlobLoop {
  return loop(root, spec, (rule) => picomatch(rule, { dot: true, nonegate: true, noextglob: true }));
}

function loop(root: string, { allow, deny }: FsPermissionSpec, compile: (rule: string) => GlobLoop): GlobLoop {
  const [allowing, denying] = [allow, deny].map((rules) => (rules ?? []).map((rule) => compile(withBelow(rule))));
  return (path) => {
    const absolute = resolve(root, path);
    if (!absolute.startsWith(`${root}/`)) return false;
    const below = absolute.slice(root.length + 1);
    return !denying?.some((matches) => matches(below)) && allowing?.some((matches) => matches(below)) === true;
  };
}

/** A rule without wildcards is the entry and all below it. */
function withBelow(rule: string): string {
  return /[*?]/.test(rule) ? rule : `${rule}{,/**}`;
}
