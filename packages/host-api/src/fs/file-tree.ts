import type { CanonicalPath } from '@kb-labs/contracts';
import { descend, DiskRefusedError } from './open-directory.js';
import type { OpenDirectory } from './open-directory.js';

/** A name in a folder that is held open. */
export interface Place extends Disposable {
  readonly directory: OpenDirectory;
  /** `.` where the path is the root itself. */
  readonly name: string;
}

/** Walks from the run's root to a path without following any link. */
export interface FileTree extends Disposable {
  /** Opens the folder that holds the path's last segment. */
  locate(path: CanonicalPath): Place;
  /** Opens the folder that the path names, or the one at `below` under it. */
  enter(path: CanonicalPath, below?: readonly string[]): OpenDirectory;
}

/** Opens nothing until it is first asked; then holds the root until disposed. A path outside the root is refused. */
export function createFileTree(openRoot: () => OpenDirectory): FileTree {
  let held: OpenDirectory | undefined;

  const walk = (names: readonly string[]): OpenDirectory => {
    held ??= openRoot();
    const [first = '.', ...rest] = names;
    return descend(held.open(first), rest);
  };

  return {
    locate(path) {
      const names = namesOf(path);
      const directory = walk(names.slice(0, -1));
      return { directory, name: names.at(-1) ?? '.', [Symbol.dispose]: () => directory[Symbol.dispose]() };
    },
    enter: (path, below = []) => walk([...namesOf(path), ...below]),
    [Symbol.dispose]() {
      held?.[Symbol.dispose]();
      held = undefined;
    },
  };
}

/** No rule allows a path outside the root today; should one ever, this is the second lock. */
function namesOf(path: CanonicalPath): readonly string[] {
  if (path.segments === undefined) throw new DiskRefusedError('outside-root');
  return path.segments;
}
