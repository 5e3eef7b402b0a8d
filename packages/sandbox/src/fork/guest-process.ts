import { Duplex } from 'node:stream';
import type { PluginError } from '@kb-labs/contracts';
import { createSettled } from '../wire/waiting.js';
import { DRAIN_MS, drain, watchOutput, watchUnread } from './guest-pipes.js';
import type { OutputWatch } from './guest-pipes.js';
import { startFailure } from './start-failure.js';
import type { GuestSignal, ProcessStart, StartedProcess } from './started-process.js';

/** One guest from outside: its channel, its number, its end. */
export interface GuestProcess {
  readonly channel: Duplex;
  /** The process of the guest itself, as the host numbers it. With a wall there is none before it is built, and none once it is gone. */
  pid(): number | undefined;
  signal(name: GuestSignal): void;
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
  /** Its host had it killed, so that this is no end of its own. */
  readonly isKilled: boolean;
}

/** Takes over a guest that was just started, from its first byte to its end. */
export function watchGuestProcess(started: ProcessStart): GuestProcess {
  if ('error' in started) return neverStarted(started.error);
  const { channel, stdout, stderr } = started.streams;
  const leftUnread = watchUnread(channel);
  const output = watchOutput(started.streams);
  let exited = false;
  void started.exit.then(() => (exited = true));
  let isKilled = false;
  const gone = waitForEnd(started, output).then((end) => ({ ...end, isKilled }));
  const hold = createHold(started);

  return {
    channel,
    pid: started.guestPid,
    signal: (name) => void started.signal(name),
    async quit() {
      if (exited) return void (await gone);
      isKilled = true;
      await started.signal('SIGKILL');
      hold(false);
      await drain([channel, stdout, stderr]);
    },
    gone,
    hold,
    leftUnread,
    onOutput: output.listen,
  };
}

/** Each process holds the host's from its start. What is so already costs nothing. */
function createHold(started: StartedProcess): (held: boolean) => void {
  let isHeld = true;
  return (held) => {
    if (held !== isHeld) started.hold(held);
    isHeld = held;
  };
}

function neverStarted(reason: Error): GuestProcess {
  return {
    channel: new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }),
    pid: () => undefined,
    signal: () => undefined,
    quit: () => Promise.resolve(),
    gone: Promise.resolve({
      code: undefined,
      signal: undefined,
      stderr: '',
      spawnError: startFailure(reason),
      isKilled: false,
    }),
    hold: () => undefined,
    leftUnread: () => false,
    onOutput: () => undefined,
  };
}

async function waitForEnd(
  { exit, streams }: StartedProcess,
  output: OutputWatch,
): Promise<Omit<ProcessEnd, 'isKilled'>> {
  const { channel, stdout, stderr } = streams;
  const drained = createSettled<true>();
  channel.once('close', () => drained.settle(true));
  const { code, signal, error } = await exit;
  const late = createSettled<true>();
  const timer = setTimeout(() => late.settle(true), error === undefined ? DRAIN_MS : 0);
  await Promise.race([Promise.all([drained.promise, output.ended]), late.promise]);
  clearTimeout(timer);
  for (const stream of [channel, stdout, stderr]) stream.destroy();
  const spawnError = error === undefined ? undefined : startFailure(error);
  return { ...translateExit(code, signal), spawnError, stderr: output.stderr() };
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
