import type { SandboxOutcome } from '@kb-labs/contracts';
import type { GuestChild } from './guest-child.js';

/** CPU time of a child that did nothing: V8 tidies up. The kernel counts in steps of 10 ms, and is asked every 20. */
const IDLE_MS = 50;

/**
 * Whether a child ended without having got the run: none of its code was called for it, so that another child may have it. What was loaded ahead could take
 * a piece of a long run, work on it, and end: it would have its CPU time once more in each next child. So one that has worked is no such child.
 * `cpuMs` is what it had used when the run began.
 */
export function wasNeverRead(child: GuestChild, outcome: SandboxOutcome, cpuMs: number): boolean {
  if (outcome.ok || outcome.error.code !== 'ERR_SANDBOX_CRASHED' || !child.leftUnread()) return false;
  return child.watch.last.cpuMs - cpuMs <= IDLE_MS;
}
