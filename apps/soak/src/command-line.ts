import { Command, InvalidArgumentError } from 'commander';

export interface CommandLine {
  readonly minutes: number;
  readonly concurrency: number;
  readonly seed: number;
  readonly faults: number;
  readonly json: boolean;
}

/** Reads the command line. Prints the help or what is wrong, and ends the process, where it should. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const command = new Command('soak')
    .description('Runs plugins for a long time, breaks things meanwhile, and fails where anything of the host grows.')
    .option('--minutes <number>', 'how long', number({ above: 0, atMost: 24 * 60 }), 10)
    .option('--concurrency <number>', 'runs at the same time', number({ above: 0, atMost: 256, whole: true }), 4)
    .option(
      '--faults <part>',
      'the part of the runs that is broken on purpose, 0 to 1',
      number({ above: -1, atMost: 1 }),
      0.05,
    )
    .option(
      '--seed <number>',
      'which runs, and in which order',
      number({ above: -1, atMost: 2 ** 32 - 1, whole: true }),
      1,
    )
    .option('--json', 'print the whole report as JSON, samples included', false);
  return command.parse(args, { from: 'user' }).opts<CommandLine>();
}

interface Range {
  readonly above: number;
  readonly atMost: number;
  readonly whole?: boolean;
}

function number({ above, atMost, whole = false }: Range): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value > above && value <= atMost && value >= 0) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new InvalidArgumentError(`It must be ${kind} ${above < 0 ? 'from 0' : 'above 0'} to ${atMost}.`);
    }
    return value;
  };
}
