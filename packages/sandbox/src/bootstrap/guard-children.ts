import { refuse } from './refuse.js';

// Captured before a plugin's code can replace them.
const { construct, get } = Reflect;
const { getPrototypeOf } = Object;
const getBuiltinModule = process.getBuiltinModule.bind(process);

let guarded = false;

/**
 * The handle of a child that was never started signals whatever process number lies in its memory, and a guest can choose what lies there:
 * `new ChildProcess()._handle.kill(9)` ends the host in spite of the permission model (seen on Node 22 and 24). No guest has a child.
 */
export function guardChildren(): void {
  if (guarded) return;
  const { ChildProcess } = getBuiltinModule('node:child_process');
  const handle: unknown = get(construct(ChildProcess, []), '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const prototype: object = getPrototypeOf(handle);
  refuse(prototype, 'kill', 'kill of the handle of a process');
  refuse(prototype, 'spawn', 'spawn of the handle of a process');
  guarded = true;
}
