import { refuse, refuseChange } from './refuse.js';

// `kill` and its like would end the host, or open its inspector (SIGUSR1, nodejs/node#62537); the handles are those of the channel. With
// another identity, which root alone can take, a guest would no longer end with its host: the kernel forgets the death signal.
const PROCESS_FUNCTIONS = [
  ['kill', '_kill', '_debugProcess', '_getActiveHandles', '_getActiveRequests'],
  ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'],
].flat();
// Node 24 and 26 write a report when the heap is full without asking the permission model, to any path that this user may write.
const REPORT_SETTINGS = [
  ['directory', 'filename', 'signal'],
  ['reportOnFatalError', 'reportOnSignal', 'reportOnUncaughtException'],
].flat();

/**
 * Takes away what a handler has no use for and an attacker would start with. A guard, not a wall: code that was loaded with a native
 * bug in hand is not stopped here but by the namespace around it.
 */
export function removeBackDoors(): void {
  for (const name of REPORT_SETTINGS) refuseChange(process.report, name, `changing process.report.${name}`);
  for (const name of PROCESS_FUNCTIONS) {
    if (name in process) refuse(process, name, `process.${name}`);
  }
}
