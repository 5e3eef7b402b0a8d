import type { LogLevel } from '@kb-labs/contracts';
import { showLine } from './show-value.js';

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  dir: 'info',
  table: 'info',
  warn: 'warn',
  error: 'error',
};

/** A `console` whose lines go to the host, with their levels. */
export function createConsole(write: (level: LogLevel, text: string) => void): Readonly<Record<string, unknown>> {
  const line = (level: LogLevel, args: readonly unknown[]): void => {
    let text = '[a value that cannot be shown]';
    try {
      text = showLine(args);
    } catch {
      // A hostile getter or proxy: a console call does not throw.
    }
    write(level, text);
  };
  const methods = Object.entries(LEVELS).map(([name, level]) => [name, (...args: unknown[]) => line(level, args)]);
  const assert = (held: unknown, ...args: unknown[]): void => {
    if (!held) line('error', ['Assertion failed', ...args]);
  };
  return { ...Object.fromEntries(methods), assert };
}
