import { isPluginError } from '@kb-labs/plugin-runtime';
import { parseCommandLine, UsageError } from './command-line.js';
import type { DemoOptions } from './command-line.js';
import { runDemo } from './run-demo.js';
import { plainText } from './plain-text.js';

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** A Ctrl-C may arrive twice: from the terminal, and from the script runner that got it as well. */
const SAME_SIGNAL_MS = 1_000;

/** Exit codes: 0 each did what it should, 1 one did not, 2 called wrongly, 129, 130 and 143 stopped by SIGHUP, SIGINT and SIGTERM. */
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  // A reader such as `head`, or the whole terminal, may leave early: what is left to say is then nobody's business.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const command = parseCommandLine(args);
    if ('text' in command) {
      process.stdout.write(command.text);
      return 0;
    }
    return await start(command);
  } catch (error) {
    if (!(error instanceof UsageError) && !(isPluginError(error) && error.code === 'ERR_CONFIG_INVALID')) throw error;
    process.stderr.write(`${plainText(error.message)}\n`);
    return 2;
  }
}

async function start(options: DemoOptions): Promise<number> {
  using stop = listenForStop();
  const code = await runDemo(options, stop.signal);
  return stop.exitCode() ?? code;
}

interface Stop extends Disposable {
  readonly signal: AbortSignal;
  /** What a shell expects of a process that a signal ended. */
  exitCode(): number | undefined;
}

/** The first signal stops the runs in good order. One that comes a second later or more ends the process at once. */
function listenForStop(): Stop {
  const controller = new AbortController();
  let stopped: { readonly code: number; readonly at: number } | undefined;
  const listener = (name: keyof typeof EXIT_CODES): void => {
    if (stopped === undefined) {
      stopped = { code: EXIT_CODES[name], at: performance.now() };
      controller.abort(new Error(`${name} was received`));
    } else if (performance.now() - stopped.at > SAME_SIGNAL_MS) {
      process.exit(stopped.code);
    }
  };
  const names = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    exitCode: () => stopped?.code,
    [Symbol.dispose]: () => {
      for (const name of names) process.removeListener(name, listener);
    },
  };
}
