import type { Duplex, Readable } from 'node:stream';
import type { ChildCommand } from './child-command.js';

/** A process that was started, whoever is its parent: this process, or the spawner beside it. */
export interface StartedProcess {
  readonly streams: ProcessStreams;
  /** The process of the guest itself, as the host numbers it. With a wall there is none before it is built; there is none once it is gone. */
  guestPid(): number | undefined;
  /** Signals it with all of its group or namespace, and nobody who got its number after it. Resolves once the kernel has been told. */
  signal(name: GuestSignal): Promise<void>;
  /** How it ended. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** Whether it keeps the host's event loop alive: it does, until it is told not to. */
  hold(held: boolean): void;
}

/** What the host has of the descriptors of a guest. */
export interface ProcessStreams {
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export type GuestSignal = 'SIGTERM' | 'SIGKILL';

/** How a process ended. All three are absent for one that nobody saw end. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** It never started: the reason. */
  readonly error: Error | undefined;
}

/** What became of a start: a process, or the reason why there is none. */
export type ProcessStart = StartedProcess | { readonly error: Error };

/** Starts a guest's command in a process group of its own, with an empty environment and nothing of the host's but its pipes. Never rejects. */
export type StartProcess = (command: ChildCommand, cwd: string) => Promise<ProcessStart>;
