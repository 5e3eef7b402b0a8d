import { createError } from '@kb-labs/contracts';
import type { LogLevel } from '@kb-labs/contracts';

/** Levels of the runtime's own log. Each one brings those before it. */
export type RuntimeLogLevel = 'silent' | LogLevel;

/** All levels, the quietest first. */
export const RUNTIME_LOG_LEVELS: readonly RuntimeLogLevel[] = Object.freeze([
  'silent',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
] as const);

/** Accepts one of the levels, or throws `ERR_CONFIG_INVALID` that lists them. `source` names the option in the message. */
export function parseLogLevel(value: unknown, source: string): RuntimeLogLevel {
  const level = RUNTIME_LOG_LEVELS.find((known) => known === value);
  if (level !== undefined) return level;
  const written = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `of type ${typeof value}`;
  throw createError('ERR_CONFIG_INVALID', `${source} is ${written}, which is not a log level`, {
    details: { source, levels: RUNTIME_LOG_LEVELS },
    hint: `use one of ${RUNTIME_LOG_LEVELS.join(', ')}`,
  });
}

/** The level that `KB_LOG_LEVEL` asks for; `undefined` where it is not set or empty. The one variable that this package reads. */
export function logLevelFromEnvironment(): RuntimeLogLevel | undefined {
  const value = process.env['KB_LOG_LEVEL'];
  return value === undefined || value === '' ? undefined : parseLogLevel(value, 'KB_LOG_LEVEL');
}
