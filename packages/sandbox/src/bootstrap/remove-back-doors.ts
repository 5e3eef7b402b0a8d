import { refuse, refuseChange } from './refuse.js';

// `kill` and its like would end the host, or open its inspector (SIGUSR1, nodejs/node#62537); the handles are those of the channel. With
// another identity, which root alone can take, a guest would no longer end with its host: the kernel forgets the death signal.
const PROCESS_FUNCTIONS = [
  ['kill', '_kill', '_debugProcess', '_getActiveHandles', '_getActiveRequests'],
  ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'],
].flat();
const REPORT_SETTINGS = [
  ['directory', 'filename', 'signal'],
  ['reportOnFatalError', 'reportOnSignal', 'reportOnUncaughtException'],
].flat();

/**
 * Takes away what a handler has no use for and an attacker would start with. A guard, not a wall: code that was loaded with a native
 * bug in hand is not stopped here but by the namespace around it.
 */
export function removeBackDoors(): void {
  const v8 = process.getBuiltinModule('node:v8');
  // Natives syntax and heap flags turn a script into a memory corruption kit. `--freeze-flags-after-init` costs 6 to 9 ms at every start.
  refuse(v8, 'setFlagsFromString', 'changing V8 flags');
  // Two files that Node writes when its heap is full without asking the permission model: the snapshot on Node 22, into the working folder;
  // the report on 24 and 26, to any path that this user may write.
  refuse(v8, 'setHeapSnapshotNearHeapLimit', 'writing a heap snapshot');
  for (const name of REPORT_SETTINGS) refuseChange(process.report, name, `changing process.report.${name}`);
  // Without an OS wall any process of the same user can be slowed down, the host among them.
  refuse(process.getBuiltinModule('node:os'), 'setPriority', 'changing priorities');
  for (const name of PROCESS_FUNCTIONS) {
    if (name in process) refuse(process, name, `process.${name}`);
  }
}
