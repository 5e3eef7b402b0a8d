import { Argument, Command } from 'commander';

export interface CommandLine {
  /** Benches to run; all where none was named. */
  readonly names: readonly string[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly list: boolean;
  readonly write: boolean;
  readonly check: boolean;
}

/** Reads the command line. Prints the help or what is wrong, and ends the process, where it should. `known` are the names of all benches. */
export function readCommandLine(args: readonly string[], known: readonly string[]): CommandLine {
  const command = new Command('bench')
    .description(
      'Measures the runtime beside its peers and beside what the machine can do at best, interleaved, in one tree of processes.',
    )
    .addArgument(new Argument('[names...]', 'benches to run, all by default').choices(known))
    .option('--json', 'print the rows as JSON, and nothing else, on stdout', false)
    .option('--quick', 'fewer rounds: all of it in less than five minutes on two cores', false)
    .option('--list', 'print the names of the benches and what each compares', false)
    .option('--write', 'write the table and the charts into README.md and docs/performance.md', false)
    .option('--check', 'exit with 1 where a row is not ok', false)
    .parse(args, { from: 'user' });
  const names = [...new Set(command.args)];
  return { names: names.length === 0 ? known : names, ...command.opts<Omit<CommandLine, 'names'>>() };
}
