import { isPluginError } from '@kb-labs/contracts';
import type { PermissionRequest, ShellResult } from '@kb-labs/contracts';
import { describeTarget } from '@kb-labs/permissions';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { createCallSignal } from '../call-signal.js';
import type { FileTree } from '../fs/file-tree.js';
import { createIoError, errnoOf } from '../fs/io-error.js';
import { DiskRefusedError } from '../fs/open-directory.js';
import type { Gate } from '../gate.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunctions } from '../host-function.js';
import type { OperationRecorder } from '../operation-recorder.js';
import { createStartError } from './command-errors.js';
import type { CommandRunner } from './command-runner.js';
import { listViews } from './command-views.js';
import { findCommand, openCommand } from './open-command.js';
import type { OpenCommand } from './open-command.js';

/** What running commands needs of the host. */
export interface ShellFunctionsOptions {
  readonly gate: Gate;
  readonly tree: FileTree;
  readonly recorder: OperationRecorder;
  readonly runner: CommandRunner;
}

type ShellRequest = PermissionRequest & { readonly kind: 'shell' };

const runArguments = z.tuple([
  z.string().max(4096),
  z.array(z.string()).max(4096).optional(),
  z
    .strictObject({
      cwd: z.unknown().optional(),
      input: z.union([z.string(), z.instanceof(Uint8Array)]).optional(),
      timeoutMs: z.int().min(1).max(2_147_483_647).optional(),
    })
    .optional(),
]);

type RunOptions = NonNullable<z.output<typeof runArguments>[2]>;

/**
 * `shell.run(command, args, { cwd, input, timeoutMs })`: how a command ended and what it wrote. The policy is asked about the file that
 * the path leads to, and that very file is run, without a shell and with an environment of the host's choice.
 */
export function createShellFunctions(options: ShellFunctionsOptions): HostFunctions {
  return {
    'shell.run': async (args, context) => {
      const [command, rest = [], settings = {}] = parseArguments('shell.run', runArguments, args);
      throwIfStopped(context);
      const asked: ShellRequest = { kind: 'shell', command, args: rest };
      using opened = admitCommand(options.gate, asked);
      return await runAdmitted(options, { asked, opened, settings }, context);
    },
  };
}

interface Admitted extends Disposable {
  readonly real: string;
  readonly file: OpenCommand;
}

/** Asks about the real path before the file is looked at, so that a denial does not tell what is there; and again with what was found. */
function admitCommand(gate: Gate, asked: ShellRequest): Admitted {
  const real = findCommand(asked.command);
  const request: ShellRequest = { ...asked, command: real ?? asked.command };
  if (real === undefined || !gate.permits(request)) {
    gate.admit(request, 'run', asked);
    throw createStartError(asked.command, 'ENOENT');
  }
  const file = openSafely(real, asked);
  try {
    // What the plugin could have written itself is any program.
    const interpreter = file.script || gate.permits({ kind: 'fs', operation: 'write', path: real });
    if (file.setsId) throw gate.deny(asked, { operation: 'run', reason: 'mandatory-deny' });
    gate.admit({ ...request, interpreter }, 'run', { ...asked, interpreter });
    return { real, file, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function openSafely(real: string, asked: ShellRequest): OpenCommand {
  try {
    return openCommand(real);
  } catch (error) {
    throw createStartError(asked.command, errnoOf(error) ?? 'EACCES');
  }
}

interface RunOf {
  readonly asked: ShellRequest;
  readonly opened: Admitted;
  readonly settings: RunOptions;
}

async function runAdmitted(options: ShellFunctionsOptions, run: RunOf, context: CallContext): Promise<ShellResult> {
  const { gate, recorder, runner } = options;
  const { asked, opened, settings } = run;
  const cwd = settings.cwd === undefined ? gate.root : admitFolder(options, settings.cwd);
  gate.meter.reserve('maxCommands', 1).commit();
  // Nobody can know what it changes, and nothing takes it back.
  const change = { before: undefined, after: undefined, destination: undefined, reversible: false };
  recorder.record({ name: 'shell.run', target: describeTarget(asked), ...change });
  if (recorder.dryRun) throw gate.deny(asked, { operation: 'run', reason: 'dry-run' });
  const { input = '' } = settings;
  using call = createCallSignal(context);
  try {
    return await runner.run({
      plan: {
        command: opened.real,
        fd: opened.file.fd,
        script: opened.file.script,
        args: asked.args,
        cwd,
        views: listViews({ gate, write: runner.settings.write, cwd }),
      },
      input: typeof input === 'string' ? new TextEncoder().encode(input) : input,
      timeoutMs: settings.timeoutMs,
      signal: call.signal,
      closing: context.closing,
    });
  } catch (error) {
    if (isPluginError(error)) throw error;
    throw createStartError(asked.command, errnoOf(error) ?? 'EFAULT');
  }
}

/** The folder itself is looked at on the way, without following a link; behind the wall it can lead nowhere else. */
function admitFolder({ gate, tree }: ShellFunctionsOptions, cwd: unknown): string {
  const path = gate.parsePath(cwd, 'list');
  gate.admit({ kind: 'fs', operation: 'list', path }, 'list');
  try {
    tree.enter(path)[Symbol.dispose]();
    return path.absolute;
  } catch (error) {
    if (isPluginError(error)) throw error;
    if (error instanceof DiskRefusedError) throw gate.refuse({ kind: 'fs', operation: 'list', path }, error.refusal);
    throw createIoError('run in', path.asWritten, errnoOf(error) ?? 'EACCES');
  }
}
