import { refuse, refuseChange } from './refuse.js';

// Captured before a plugin's code can replace them.
const { apply } = Reflect;
const { defineProperty } = Object;

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
  guardReport();
  for (const name of PROCESS_FUNCTIONS) {
    if (name in process) refuse(process, name, `process.${name}`);
  }
}

/** Guarded when it is first asked for: loading it takes a tenth of a millisecond, and there is no other way to it. */
function guardReport(): void {
  const load = Object.getOwnPropertyDescriptor(process, 'report')?.get;
  let guarded: NodeJS.ProcessReport | undefined;
  const get = (): NodeJS.ProcessReport =>
    (guarded ??= guardSettings(load === undefined ? process.report : apply(load, process, [])));
  // Where it is there already, it is guarded at once.
  if (load === undefined) get();
  else defineProperty(process, 'report', { get, configurable: false, enumerable: true });
}

function guardSettings(report: NodeJS.ProcessReport): NodeJS.ProcessReport {
  for (let index = 0; index < REPORT_SETTINGS.length; index += 1) {
    const name = REPORT_SETTINGS[index];
    if (name !== undefined) refuseChange(report, name, `changing process.report.${name}`);
  }
  return report;
}
