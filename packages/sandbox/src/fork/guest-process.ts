import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { PluginError } from '@kb-labs/contracts';
import { createSettled } from '../wire/waiting.js';
import type { ChildCommand } from './child-command.js';
import { DRAIN_MS, drain, watchOutput, watchUnread } from './guest-pipes.js';
import type { OutputWatch } from './guest-pipes.js';
import { listChildren } from './list-children.js';
import { spawnCovered } from './spawn-covered.js';
import { startFailure } from './start-failure.js';
import { SECCOMP_FD } from './wall.js';

const CHANNEL_FD = 3;
/** A monitor that does not notice the end of its namespace is ended itself. */
const MONITOR_MS = 250;

/** One guest from outside: its channel, its number, its end. */
export interface GuestProcess {
  readonly channel: Duplex;
  /** The process of the guest itself, as the host numbers it. With a wall there is none before it is built, and none once it is gone. */
  pid(): number | undefined;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Kills it. Resolves once what it had sent has been read; that its process is gone may take longer, and holds the host's no more. */
  quit(): Promise<void>;
  /** Resolves on `exit`, once what it sent has been read. */
  readonly gone: Promise<ProcessEnd>;
  /** Whether it keeps the host's event loop alive: it does, until it is told not to. */
  hold(held: boolean): void;
  /** Whether it ended without having read all that was sent to it, so that it cannot have acted on the last of it. Linux tells. */
  leftUnread(): boolean;
  onOutput(listen: (source: 'stdout' | 'stderr', text: string) => void): void;
}

/** How a process ended. Both `code` and `signal` are undefined for one that never started. */
export interface ProcessEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** It never started: the reason. */
  readonly spawnError: PluginError | undefined;
}

/**
 * Starts a guest in a process group of its own, with an empty environment and nothing of the host's but four descriptors: standard input
 * (which has ended), output and error, and the channel. bubblewrap has one more while it starts, to read the seccomp filter from, and closes it.
 */
export function startGuestProcess(command: ChildCommand, cwd: string): GuestProcess {
  const child = spawnCovered(command, cwd);
  if ('error' in child) return neverStarted(child.error);
  const streams = [...child.stdio];
  const channel = streams[CHANNEL_FD];
  if (!(channel instanceof Duplex)) return neverStarted(new Error('the channel is no stream'));
  const program = streams[SECCOMP_FD];
  for (const stream of streams) stream?.on('error', () => undefined);
  const leftUnread = watchUnread(channel);
  if (program instanceof Duplex) program.end(command.seccomp);

  let exited = false;
  // The monitor of a wall has one child, the first process of the namespace.
  const inner = (): number | undefined =>
    exited || !command.walled || child.pid === undefined ? undefined : listChildren(child.pid)[0];
  const output = watchOutput(child);
  child.once('exit', () => {
    exited = true;
    // Whoever is left in the group has lost its reason to be.
    killQuietly(child.pid, 'SIGKILL', true);
  });

  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (exited) return;
    // The first process of a namespace takes everything in it along; its monitor then ends by itself.
    const first = inner();
    if (first === undefined) return killQuietly(child.pid, name, true);
    killQuietly(first, name, false);
    if (name === 'SIGKILL') setTimeout(() => exited || killQuietly(child.pid, name, true), MONITOR_MS).unref();
  };
  const gone = waitForEnd(child, channel, output);

  return {
    channel,
    pid: () => (command.walled ? inner() : child.pid),
    signal,
    async quit() {
      if (exited) return void (await gone);
      signal('SIGKILL');
      holdLoop(child, false);
      await drain([channel, child.stdout, child.stderr]);
    },
    gone,
    hold: (held) => holdLoop(child, held),
    leftUnread,
    onOutput: output.listen,
  };
}

function holdLoop(child: ChildProcess, held: boolean): void {
  const streams = [...child.stdio].filter((stream) => stream instanceof Socket);
  // A stream that has ended would wait for a connection, once more with each call.
  for (const handle of [child, ...streams.filter(({ destroyed }) => !destroyed)]) {
    if (held) handle.ref();
    else handle.unref();
  }
}

function neverStarted(reason: Error): GuestProcess {
  return {
    channel: new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }),
    pid: () => undefined,
    signal: () => undefined,
    quit: () => Promise.resolve(),
    gone: Promise.resolve({ code: undefined, signal: undefined, stderr: '', spawnError: startFailure(reason) }),
    hold: () => undefined,
    leftUnread: () => false,
    onOutput: () => undefined,
  };
}

async function waitForEnd(child: ChildProcess, channel: Duplex, output: OutputWatch): Promise<ProcessEnd> {
  const { promise, settle } = createSettled<Omit<ProcessEnd, 'stderr'>>();
  child.once('error', (error) => settle({ code: undefined, signal: undefined, spawnError: startFailure(error) }));
  child.once('exit', (code, signal) => settle({ ...translateExit(code, signal), spawnError: undefined }));
  const drained = createSettled<true>();
  channel.once('close', () => drained.settle(true));
  const end = await promise;
  const late = createSettled<true>();
  const timer = setTimeout(() => late.settle(true), end.spawnError === undefined ? DRAIN_MS : 0);
  await Promise.race([Promise.all([drained.promise, output.ended]), late.promise]);
  clearTimeout(timer);
  for (const stream of child.stdio) stream?.destroy();
  return { ...end, stderr: output.stderr() };
}

const SIGNALS: Readonly<Record<number, string>> = {
  132: 'SIGILL',
  133: 'SIGTRAP',
  134: 'SIGABRT',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  143: 'SIGTERM',
  159: 'SIGSYS',
};

/** A monitor reports the signal that ended its child as 128 + its number, as shells do. */
function translateExit(
  code: number | null,
  signal: string | null,
): { readonly code: number | undefined; readonly signal: string | undefined } {
  const told = code === null ? undefined : SIGNALS[code];
  return told === undefined
    ? { code: code ?? undefined, signal: signal ?? undefined }
    : { code: undefined, signal: told };
}

function killQuietly(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL', group: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(group && process.platform !== 'win32' ? -pid : pid, signal);
  } catch {
    // It is gone already.
  }
}
