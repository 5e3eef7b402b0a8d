import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { Duplex } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { createSettled } from '../wire/waiting.js';
import { GO, START_FD } from './command-fence.js';
import { listInheritedDescriptors } from './inherited-descriptors.js';
import { listChildren } from './list-children.js';
import { SECCOMP_FD } from './wall.js';

/** What is in the pipes when a process ends arrives within this time; a stray holder of a pipe may keep it open for ever. */
const DRAIN_MS = 100;
/** A monitor that does not notice the end of its namespace is ended itself. */
const MONITOR_MS = 250;

/** What is started, with which descriptors. */
export interface ProcessPlan {
  readonly file: string;
  readonly argv0: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** From 3 on. */
  readonly descriptors: readonly ('pipe' | number)[];
  /** Read by bubblewrap; `undefined` where there is no fence, or no filter. */
  readonly seccomp: Uint8Array | undefined;
  readonly fenced: boolean;
}

/** One command from outside. It has a process group, or a namespace, of its own. */
export interface CommandProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** All that was started with it: the namespace, or else the process group, which a process can leave. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Settles on `exit`, once what it wrote has arrived. Rejects with the system's error where it never started. */
  readonly ended: Promise<CommandEnd>;
}

/** How a command ended. Behind a fence a code of 128 and a signal's number is that signal, as shells have it. */
export interface CommandEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** Starts a command; throws the system's error (`EAGAIN`, `E2BIG`, `EMFILE`) where that fails at once. */
export function startCommand(plan: ProcessPlan): CommandProcess {
  const child = spawnCovered(plan);
  const { stdin, stdout, stderr } = child;
  const streams: readonly (Readable | Writable | null | undefined)[] = Array.isArray(child.stdio) ? child.stdio : [];
  for (const stream of streams) stream?.on('error', () => undefined);
  if (stdin === null || stdout === null || stderr === null) {
    child.once('error', () => undefined);
    throw Object.assign(new Error('no descriptors left'), { code: 'EMFILE' });
  }
  const program = streams[SECCOMP_FD];
  if (plan.seccomp !== undefined && program instanceof Duplex) program.end(plan.seccomp);
  const fence = plan.fenced ? agreeOnStart(streams[START_FD]) : undefined;
  let exited = false;
  child.once('exit', () => {
    exited = true;
    // Whoever is left in the group has lost its reason to be.
    killQuietly(child.pid, 'SIGKILL', true);
  });
  return {
    stdin,
    stdout,
    stderr,
    signal(name) {
      if (exited) return;
      const inner = fence?.stands() === true && child.pid !== undefined ? listChildren(child.pid)[0] : undefined;
      if (inner === undefined) return killQuietly(child.pid, plan.fenced ? 'SIGKILL' : name, true);
      if (name === 'SIGTERM') return listChildren(inner).forEach((pid) => killQuietly(pid, name, false));
      killQuietly(inner, name, false);
      setTimeout(() => exited || killQuietly(child.pid, name, true), MONITOR_MS).unref();
    },
    ended: waitForEnd(child, fence),
  };
}

/** What a child would inherit of the host's descriptors is covered by dead pipes. */
function spawnCovered({ file, argv0, args, env, cwd, descriptors }: ProcessPlan): ChildProcess {
  const own = ['pipe', 'pipe', 'pipe', ...descriptors] as const;
  const inherited = listInheritedDescriptors(own.length - 1);
  const length = Math.max(own.length, ...inherited.map((fd) => fd + 1));
  const covers = Array.from({ length: length - own.length }, (_, index) =>
    inherited.includes(index + own.length) ? ('pipe' as const) : ('ignore' as const),
  );
  const named = argv0 === undefined ? {} : { argv0 };
  const options = { env: { ...env }, cwd, detached: true, windowsHide: true, shell: false, ...named };
  const child = spawn(file, [...args], { ...options, stdio: [...own, ...covers] });
  const opened: readonly (Readable | Writable | null | undefined)[] = Array.isArray(child.stdio) ? child.stdio : [];
  // What is not one of those that somebody uses is at its end.
  for (const [fd, stream] of opened.entries()) if (fd > 2 && fd !== START_FD && fd !== SECCOMP_FD) stream?.destroy();
  return child;
}

interface Fence {
  /** Whether the command was let go. */
  stands(): boolean;
}

/** Lets the command go once it says that all around it is up, and tied to the life of this process. */
function agreeOnStart(stream: unknown): Fence {
  let stands = false;
  if (stream instanceof Duplex) {
    stream.once('data', () => {
      stands = true;
      stream.end(GO);
    });
  }
  return { stands: () => stands };
}

async function waitForEnd(child: ChildProcess, fence: Fence | undefined): Promise<CommandEnd> {
  const { promise, settle } = createSettled<CommandEnd | Error>();
  child.once('error', settle);
  child.once('exit', (code, signal) => settle({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  const closed = createSettled<true>();
  child.once('close', () => closed.settle(true));
  const end = await promise;
  const late = createSettled<true>();
  const timer = setTimeout(() => late.settle(true), end instanceof Error ? 0 : DRAIN_MS);
  await Promise.race([closed.promise, late.promise]);
  clearTimeout(timer);
  for (const stream of child.stdio) stream?.destroy();
  if (end instanceof Error) throw end;
  return fence === undefined ? end : readFencedEnd(end, fence);
}

/** 128 and the signal's number. */
function readSignal(code: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
}

/** bubblewrap ends with the code of the command, or of the shell that could not start it (126, 127). */
function readFencedEnd({ exitCode }: CommandEnd, fence: Fence): CommandEnd {
  // A signal that we sent may be faster than what bubblewrap tells.
  if (exitCode === undefined) return { exitCode, signal: 'SIGKILL' };
  const told = readSignal(exitCode);
  if (fence.stands()) return { exitCode: told === undefined ? exitCode : undefined, signal: told };
  if (exitCode > 128) return { exitCode: undefined, signal: 'SIGKILL' };
  throw Object.assign(new Error('the fence around the command was not put up'), { code: 'EFENCE' });
}

function killQuietly(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL', group: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(group && process.platform !== 'win32' ? -pid : pid, signal);
  } catch {
    // It is gone already.
  }
}
