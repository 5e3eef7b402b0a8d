/** Keeps the host safe from two things that a child may leave behind: itself, and a signal. */
export interface HostGuard {
  /** Ends the child if the host exits before it does. Returns what forgets it. */
  track(kill: () => void): () => void;
  release(): void;
}

/**
 * While children live, `process.exit()` of the host ends them, and SIGUSR1 does not open the host's inspector: any process of the same
 * user may send it, and an open inspector is remote code execution in the host (nodejs/node#62537). A host that listens to SIGUSR1
 * itself keeps its listener.
 */
export function createHostGuard(): HostGuard {
  const kills = new Set<() => void>();
  const killAll = (): void => {
    for (const kill of kills) kill();
  };
  const keepInspectorShut = (): void => undefined;
  let listening = false;

  const release = (): void => {
    if (!listening) return;
    listening = false;
    process.removeListener('exit', killAll);
    process.removeListener('SIGUSR1', keepInspectorShut);
  };
  return {
    track(kill) {
      kills.add(kill);
      if (!listening) {
        listening = true;
        process.on('exit', killAll);
        process.on('SIGUSR1', keepInspectorShut);
      }
      return () => {
        kills.delete(kill);
        if (kills.size === 0) release();
      };
    },
    release,
  };
}
