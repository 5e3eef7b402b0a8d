import { Console } from 'node:console';
import type { Clock, LogLevel } from '@kb-labs/contracts';
import { RUNTIME_LOG_LEVELS } from './log-level.js';
import type { RuntimeLogLevel } from './log-level.js';

/** One line of the runtime about itself. Holds no payloads and nothing that a guest said. */
export interface RuntimeLogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  /** What happened, as a stable name: `execution-end`, `observer-failed`. */
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Takes the runtime's log. What it throws or rejects with is ignored: a log must not change a run. */
export type RuntimeLogSink = (record: RuntimeLogRecord) => void;

/** The runtime's own log. Never throws. */
export interface RuntimeLog {
  /** Whether a line of this level goes anywhere: what nobody reads need not be put together. */
  keeps(level: LogLevel): boolean;
  write(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** How much of the log goes where. */
export interface RuntimeLogOptions {
  readonly level: RuntimeLogLevel;
  readonly sink: RuntimeLogSink;
  readonly clock: Clock;
}

const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

/** Hands on what is at or above the level. */
export function createRuntimeLog(options: RuntimeLogOptions): RuntimeLog {
  const threshold = RUNTIME_LOG_LEVELS.indexOf(options.level);
  const kept: ReadonlySet<LogLevel> = new Set(
    LOG_LEVELS.filter((level) => RUNTIME_LOG_LEVELS.indexOf(level) <= threshold),
  );

  return {
    keeps: (level) => kept.has(level),
    write(level, event, fields) {
      if (!kept.has(level)) return;
      try {
        const returned: unknown = options.sink({ time: options.clock.now(), level, event, fields });
        if (returned !== undefined) Promise.resolve(returned).catch(() => undefined);
      } catch {
        // There is nowhere left to report a log that fails, and the run is not to suffer for it.
      }
    },
  };
}

/** Writes JSON lines, control and direction characters escaped. To stderr where a level is asked for and no sink is given. */
export function jsonLinesSink(stream: NodeJS.WritableStream): RuntimeLogSink {
  // A `Console` ignores a closed stream, where a plain write would bring down the host with an unhandled `error` event.
  const lines = new Console({ stdout: stream, ignoreErrors: true });
  return (record) => {
    const { fields, time, ...rest } = record;
    lines.log('%s', escapeControls(JSON.stringify({ time: new Date(time).toISOString(), ...rest, ...fields })));
  };
}

function escapeControls(line: string): string {
  return line.replaceAll(
    /[\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
