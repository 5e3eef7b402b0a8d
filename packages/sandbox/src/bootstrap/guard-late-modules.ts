import { syncBuiltinESMExports } from 'node:module';
import { refuse } from './refuse.js';

// Captured before a plugin's code can replace them.
const getBuiltinModule = process.getBuiltinModule.bind(process);
const syncExports = syncBuiltinESMExports;

let isV8Guarded = false;
let isOsGuarded = false;

/** Takes out of `node:v8` what breaks a process open. Done when it is first asked for, by any way: loading it takes a third of a millisecond. */
export function guardV8(): void {
  if (isV8Guarded) return;
  const v8 = getBuiltinModule('node:v8');
  // Natives syntax and heap flags turn a script into a memory corruption kit. `--freeze-flags-after-init` costs 6 to 9 ms at every start.
  refuse(v8, 'setFlagsFromString', 'changing V8 flags');
  // Node 22 writes it when its heap is full without asking the permission model, into the working folder.
  refuse(v8, 'setHeapSnapshotNearHeapLimit', 'writing a heap snapshot');
  // Named imports would still hold what was taken away.
  syncExports();
  isV8Guarded = true;
}

/** The same with `node:os`: without an OS wall any process of the same user can be slowed down, the host among them. */
export function guardOs(): void {
  if (isOsGuarded) return;
  refuse(getBuiltinModule('node:os'), 'setPriority', 'changing priorities');
  syncExports();
  isOsGuarded = true;
}
