import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';

/** What the command line asked for, with every default filled in. */
export interface DemoOptions {
  /** The folder that the plugins examine. Absolute. */
  readonly folder: string;
  readonly sandbox: 'fork' | 'in-process';
  readonly wall: 'auto' | 'required' | 'off';
  readonly plugins: string;
  readonly artifacts: string;
  readonly json: boolean;
  /** Whether every run is a dry one, and nothing is stored. */
  readonly dryRun: boolean;
}

/** Thrown where the command line cannot be followed. The message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

// This file is bundled into dist/main.js.
const APP = join(import.meta.dirname, '..');
const REPOSITORY = join(APP, '..', '..');

/** Parses the command line, or answers with the text that it asked for (`--help`). Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): DemoOptions | { readonly text: string } {
  const written: string[] = [];
  const command = describeCommand(written);
  try {
    // Script runners hand on the `--` by which people part their options from the runner's.
    command.parse(args[0] === '--' ? args.slice(1) : args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: written.join('') };
    throw new UsageError(`${error.message.trim()}\nTry --help.`, { cause: error });
  }
  return readOptions(command);
}

function describeCommand(written: string[]): Command {
  return new Command('example-host')
    .description('Runs six plugins, one of them hostile, on a folder, and shows what each did and was kept from doing.')
    .argument('[folder]', 'the folder to examine', REPOSITORY)
    .addOption(new Option('--sandbox <kind>', 'where handlers run').choices(['fork', 'in-process']).default('fork'))
    .addOption(
      new Option('--wall <mode>', 'whether bubblewrap goes around forked handlers')
        .choices(['auto', 'required', 'off'])
        .default('auto'),
    )
    .option('--plugins <folder>', 'where the plugins are', join(APP, 'plugins'))
    .option('--artifacts <folder>', 'where artifacts are stored', join(APP, '.artifacts'))
    .option('--json', 'write the report to stdout as JSON, and nothing else', false)
    .option('--dry-run', 'change and store nothing, and tell what would have been changed', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 each did what it should, 1 one did not, 2 called wrongly, 128 and more stopped by a signal.',
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => void written.push(text), writeErr: () => undefined })
    .allowExcessArguments(false);
}

function readOptions(command: Command): DemoOptions {
  const { sandbox, wall, plugins, artifacts, json, dryRun } = command.opts<Omit<DemoOptions, 'folder'>>();
  if (sandbox === 'in-process' && command.getOptionValueSource('wall') === 'cli') {
    throw new UsageError('--wall goes around forked handlers: leave it out, or say --sandbox fork.\nTry --help.');
  }
  return {
    folder: existingFolder(String(command.processedArgs[0]), 'The folder to examine'),
    sandbox,
    wall,
    plugins: existingFolder(plugins, 'The folder of --plugins'),
    artifacts: resolve(artifacts),
    json,
    dryRun,
  };
}

function existingFolder(path: string, what: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true) return absolute;
  throw new UsageError(`${what} is not there: ${absolute}`);
}
