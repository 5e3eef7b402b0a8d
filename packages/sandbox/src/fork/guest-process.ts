import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import type { PluginError } from '@kb-labs/contracts';
import { createSettled } from '../wire/waiting.js';
import type { ChildCommand } from './child-command.js';
import { listInheritedDescriptors } from './inherited-descriptors.js';
import { listChildren } from './list-children.js';
import { startFailure } from './start-failure.js';
import { SECCOMP_FD } from './wall.js';

const CHANNEL_FD = 3;
/** What is in the pipes when a process ends arrives within this time; a stray holder of a pipe may keep it open for ever. */
const DRAIN_MS = 100;
/** A monitor that does not notice the end of its namespace is ended itself. */
const MONITOR_MS = 250;
/** V8 tells why it ends before a stack of its own frames, which is some kilobytes long. */
const KEPT_STDERR = 16_384;

/** One guest from outside: its channel, its number, its end. */
export interface GuestProcess {
  readonly channel: Duplex;
  /** The process of the guest itself, as the host numbers it. With a wall there is none before it is built, and none once it is gone. */
  pid(): number | undefined;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Resolves on `exit`, once what it sent has been read. */
  readonly gone: Promise<ProcessEnd>;
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
  const child = trySpawn(command, cwd);
  if ('error' in child) return neverStarted(child.error);
  const streams = [...child.stdio];
  const channel = streams[CHANNEL_FD];
  if (!(channel instanceof Duplex)) return neverStarted(new Error('the channel is no stream'));
  const program = streams[SECCOMP_FD];
  for (const stream of streams) stream?.on('error', () => undefined);
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

  return {
    channel,
    pid: () => (command.walled ? inner() : child.pid),
    signal(name) {
      if (exited) return;
      // The first process of a namespace takes everything in it along; its monitor then ends by itself.
      const first = inner();
      if (first === undefined) return killQuietly(child.pid, name, true);
      killQuietly(first, name, false);
      if (name === 'SIGKILL') setTimeout(() => exited || killQuietly(child.pid, name, true), MONITOR_MS).unref();
    },
    gone: waitForEnd(child, channel, output),
    onOutput: output.listen,
  };
}

type Started = Pick<ChildCommand, 'file' | 'args' | 'stdio'>;

function trySpawn({ file, args, stdio }: Started, cwd: string): ChildProcess | { readonly error: Error } {
  try {
    const child = spawnCovered({ file, args, stdio }, cwd);
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

/** Starts a child that gets dead pipes in place of what it would inherit. Its standard input has ended. */
function spawnCovered({ file, args, stdio }: Started, cwd: string): ChildProcess {
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

function neverStarted(reason: Error): GuestProcess {
  return {
    channel: new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }),
    pid: () => undefined,
    signal: () => undefined,
    gone: Promise.resolve({ code: undefined, signal: undefined, stderr: '', spawnError: startFailure(reason) }),
    onOutput: () => undefined,
  };
}

interface OutputWatch {
  readonly listen: (listener: (source: 'stdout' | 'stderr', text: string) => void) => void;
  readonly stderr: () => string;
  readonly ended: Promise<unknown>;
}

function watchOutput(child: ChildProcess): OutputWatch {
  let listener: ((source: 'stdout' | 'stderr', text: string) => void) | undefined;
  let stderr = '';
  const ended = (['stdout', 'stderr'] as const).map((name) => {
    const { promise, settle } = createSettled<true>();
    const stream = child[name];
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      if (name === 'stderr') stderr = (stderr + text).slice(-KEPT_STDERR);
      listener?.(name, text.endsWith('\n') ? text.slice(0, -1) : text);
    });
    stream?.once('close', () => settle(true));
    return promise;
  });
  return {
    listen: (next) => {
      listener = next;
    },
    stderr: () => stderr,
    ended: Promise.all(ended),
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
