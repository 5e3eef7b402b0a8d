/** How much a line matters, least first. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Which way a line came: `ctx.log`, `console.*`, the process's streams, or the sandbox itself (a marker for what was cut). */
export type LogSource = 'log' | 'console' | 'stdout' | 'stderr' | 'sandbox';

/** One line of a guest, in the order in which the guest wrote it. Text is as written: a sink that shows it must escape it. */
export interface LogRecord {
  /** Milliseconds since the epoch, by the host's clock. */
  readonly time: number;
  readonly level: LogLevel;
  readonly source: LogSource;
  readonly text: string;
  /** Structured fields of `ctx.log`, as plain data; empty for the others. */
  readonly fields: Readonly<Record<string, unknown>>;
}
