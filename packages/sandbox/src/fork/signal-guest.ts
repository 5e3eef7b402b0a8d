import { listChildren } from './list-children.js';
import type { GuestSignal } from './started-process.js';

/** A monitor that does not notice the end of its namespace is ended itself. */
const MONITOR_MS = 250;

/** A child as its parent knows it. Nobody else may signal it: its number is its own until its parent has heard of its end. */
export interface ParentedChild {
  readonly pid: number | undefined;
  /** Whether the guest is a child of it, and not it itself. */
  readonly walled: boolean;
  /** Whether its parent has heard of its end. */
  hasEnded(): boolean;
}

/** The process of the guest itself. The monitor of a wall has one child, the first process of the namespace. */
export function findGuest(child: ParentedChild): number | undefined {
  if (child.hasEnded() || child.pid === undefined) return undefined;
  return child.walled ? listChildren(child.pid)[0] : child.pid;
}

/** Signals a child of this process, with all of its group or namespace. One that has ended is left alone. */
export function signalGuest(child: ParentedChild, name: GuestSignal): void {
  if (child.hasEnded()) return;
  // The first process of a namespace takes everything in it along; its monitor then ends by itself.
  const first = child.walled ? findGuest(child) : undefined;
  if (first === undefined) return killQuietly(child.pid, name, true);
  killQuietly(first, name, false);
  if (name === 'SIGKILL') setTimeout(() => child.hasEnded() || killQuietly(child.pid, name, true), MONITOR_MS).unref();
}

/** Ends whoever is left in the group of a child that has just ended, and so has lost its reason to be. */
export function endGroup(pid: number | undefined): void {
  killQuietly(pid, 'SIGKILL', true);
}

function killQuietly(pid: number | undefined, signal: GuestSignal, group: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(group && process.platform !== 'win32' ? -pid : pid, signal);
  } catch {
    // It is gone already.
  }
}
