import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { listInheritedDescriptors } from './inherited-descriptors.js';

/** What to start. A socket among the descriptors is handed over as it is. */
interface Started {
  readonly file: string;
  readonly args: readonly string[];
  readonly stdio: readonly ('pipe' | Socket)[];
}

/** Starts a child that gets dead pipes in place of what it would inherit. Its standard input has ended. Never throws. */
export function spawnCovered({ file, args, stdio }: Started, cwd: string): ChildProcess | { readonly error: Error } {
  try {
    const child = trySpawn({ file, args, stdio }, cwd);
    if (Array.isArray(child.stdio)) {
      endCovers(child, stdio.length);
      return child;
    }
    // Out of descriptors, Node makes no pipes, and tells why with an event.
    child.once('error', () => undefined);
    return { error: Object.assign(new Error('no file descriptors left'), { code: 'EMFILE' }) };
  } catch (error) {
    // EAGAIN, EMFILE and the like are thrown rather than emitted on some paths.
    return { error: error instanceof Error ? error : new Error('spawn failed') };
  }
}

function trySpawn({ file, args, stdio }: Started, cwd: string): ChildProcess {
  const inherited = listInheritedDescriptors(stdio.length - 1);
  const length = Math.max(stdio.length, ...inherited.map((fd) => fd + 1));
  const covers = Array.from({ length: length - stdio.length }, (_, index) =>
    inherited.includes(index + stdio.length) ? ('pipe' as const) : ('ignore' as const),
  );
  return spawn(file, [...args], { cwd, env: {}, detached: true, windowsHide: true, stdio: [...stdio, ...covers] });
}

/** Ends the host's side of standard input and of the covers: what a guest finds there is a pipe to nobody. */
function endCovers(child: ChildProcess, own: number): void {
  const opened: readonly (Readable | Writable | null | undefined)[] = [...child.stdio];
  for (const stream of [opened[0], ...opened.slice(own)]) stream?.destroy();
}
