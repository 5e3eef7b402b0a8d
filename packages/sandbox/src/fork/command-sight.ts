import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import type { CommandView } from './command-fence.js';

/** O_PATH of fcntl.h, which Node does not name, the same on every Linux: a place to bind, without a look into it. */
const PATH_ALONE = 0o10_000_000;

/** Places of the host that are held open while a command is started. */
export interface OpenViews extends Disposable {
  readonly descriptors: readonly number[];
}

/**
 * Opens what is shown, in order. Throws `ESTALE` where a place is not what it was: somebody may have put a link there, and a name would be
 * followed by whoever binds it.
 */
export function openViews(views: readonly CommandView[]): OpenViews {
  const descriptors: number[] = [];
  const close = (): void => descriptors.forEach((fd) => closeSync(fd));
  try {
    for (const view of views) descriptors.push(openView(view));
  } catch (error) {
    close();
    throw error;
  }
  return { descriptors, [Symbol.dispose]: close };
}

function openView({ path, kind }: CommandView): number {
  const fd = openSync(path, PATH_ALONE | constants.O_NOFOLLOW);
  const stats = fstatSync(fd);
  // A link has a descriptor of its own; a link on the way shows in the name.
  const isSame = kind === 'directory' ? stats.isDirectory() : !stats.isDirectory() && !stats.isSymbolicLink();
  if (isSame && readlinkSync(`/proc/self/fd/${fd}`) === path) return fd;
  closeSync(fd);
  throw Object.assign(new Error('a place was exchanged'), { code: 'ESTALE' });
}
