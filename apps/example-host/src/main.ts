import { isPluginError } from '@kb-labs/plugin-runtime';
import { parseCommandLine, UsageError } from './command-line.js';
import type { DemoOptions } from './command-line.js';
import { runDemo } from './run-demo.js';
import { plainText } from './plain-text.js';

/** Exit codes: 0 each did what it should, 1 one did not, 2 called wrongly, 130 and 143 stopped by SIGINT and SIGTERM. */
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  // A reader such as `head` may leave early: what is left to say is then nobody's business.
  process.stdout.on('error', () => undefined);
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

/** The first signal stops the runs in good order. A second one ends the process as if nobody listened. */
function listenForStop(): Stop {
  const controller = new AbortController();
  let code: number | undefined;
  const listeners = (
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const
  ).map(([name, exitCode]) => {
    const listener = (): void => {
      code = exitCode;
      stopListening();
      controller.abort(new Error(`${name} was received`));
    };
    process.once(name, listener);
    return { name, listener };
  });
  const stopListening = (): void => {
    for (const { name, listener } of listeners) process.removeListener(name, listener);
  };
  return { signal: controller.signal, exitCode: () => code, [Symbol.dispose]: stopListening };
}
