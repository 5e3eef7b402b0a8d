import { performance } from 'node:perf_hooks';
import type { PluginError, ShellResult } from '@kb-labs/contracts';
import { createCommandWall } from '@kb-labs/sandbox';
import type { CommandEnd, CommandPlan, CommandWall, WalledCommand } from '@kb-labs/sandbox';
import { createCommandOutputError, createCommandTimeoutError } from './command-errors.js';
import { collectOutput } from './command-output.js';
import { createCommandSlots } from './command-slots.js';
import { parseShellSettings } from './shell-settings.js';
import type { CompleteShellSettings, ShellSettings } from './shell-settings.js';

/** Runs commands that were admitted: so many at a time, each within its limits. Made once by a host, for all of its runs. */
export interface CommandRunner {
  readonly settings: CompleteShellSettings;
  /**
   * Resolves when the command is gone, whatever its exit code. Rejects when it is gone with `ERR_TIMEOUT`, `ERR_OUTPUT_EXCEEDED`,
   * `ERR_QUEUE_TIMEOUT` or the signal's reason, and with the system's error where it did not start. Its slot comes back in any case.
   */
  run(command: AdmittedCommand): Promise<ShellResult>;
}

/** A command, and what bounds it. */
export interface AdmittedCommand {
  readonly plan: Omit<CommandPlan, 'env' | 'readable'>;
  readonly input: Uint8Array;
  /** Milliseconds. Can only shorten the host's. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
  /** Ends it without grace. */
  readonly closing: AbortSignal;
}

/** A process that does not go at SIGKILL hangs in the kernel: nobody waits for it longer than this. */
const LOST_MS = 2_000;

const BASE_ENV = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent' } as const;

/** Makes a runner. Throws `ERR_CONFIG_INVALID` with a JSON pointer. Opens nothing until it is used. */
export function createCommandRunner(settings: ShellSettings = {}): CommandRunner {
  const complete = parseShellSettings(settings);
  const wall = createCommandWall({ wall: complete.wall });
  const slots = createCommandSlots(complete.maxConcurrency);
  return Object.freeze({
    settings: complete,
    async run(command: AdmittedCommand): Promise<ShellResult> {
      const timeoutMs = Math.min(command.timeoutMs ?? complete.timeoutMs, complete.timeoutMs);
      using _slot = await slots.take(timeoutMs, command.signal);
      return await runOne({ ...command, timeoutMs }, complete, wall);
    },
  });
}

async function runOne(
  command: AdmittedCommand & { readonly timeoutMs: number },
  settings: CompleteShellSettings,
  wall: CommandWall,
): Promise<ShellResult> {
  const { plan, input, signal, timeoutMs } = command;
  const started = performance.now();
  const env = { ...BASE_ENV, ...settings.env };
  const process = await wall.start({ ...plan, env, readable: settings.readable });
  using ender = createEnder(process, settings.graceMs);
  const output = collectOutput(process, settings.maxOutputBytes, () =>
    ender.end(createCommandOutputError(settings.maxOutputBytes), 'SIGKILL'),
  );
  const onAbort = (): void => ender.end(signal.reason, command.closing.aborted ? 'SIGKILL' : 'SIGTERM');
  const timer = setTimeout(
    () => ender.end(createCommandTimeoutError(performance.now() - started, timeoutMs), 'SIGTERM'),
    timeoutMs,
  );
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    process.stdin.end(input);
    const { exitCode, signal: by } = await ender.ended;
    return { exitCode, signal: by, stdout: output.stdout(), stderr: output.stderr(), confinedBy: process.confinedBy };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

interface Ender extends Disposable {
  /** The first reason counts. */
  end(reason: PluginError, how: 'SIGTERM' | 'SIGKILL'): void;
  /** Rejects with the reason once the process is gone. */
  readonly ended: Promise<CommandEnd>;
}

function createEnder(process: WalledCommand, graceMs: number): Ender {
  const lost = Promise.withResolvers<undefined>();
  let reason: PluginError | undefined;
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    process.signal('SIGKILL');
    clearTimeout(timer);
    timer = setTimeout(() => lost.resolve(undefined), LOST_MS);
  };
  return {
    end(error, how) {
      if (reason !== undefined) return;
      reason = error;
      if (how === 'SIGKILL') return kill();
      process.signal('SIGTERM');
      timer = setTimeout(kill, graceMs);
    },
    ended: waitForEnd(process, lost.promise, () => reason),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

async function waitForEnd(
  process: WalledCommand,
  lost: Promise<undefined>,
  reason: () => PluginError | undefined,
): Promise<CommandEnd> {
  const end = await Promise.race([process.ended, lost]);
  const why = reason();
  if (why !== undefined) throw why;
  return end ?? { exitCode: undefined, signal: undefined };
}
