import type { MessageLevel } from '@kb-labs/contracts';

const LEVELS: readonly MessageLevel[] = ['info', 'success', 'warn'];

/** The level itself, and `info` for what callers in JavaScript make up: a presenter never throws, and no reader meets a fourth level. */
export function messageLevel(level: unknown): MessageLevel {
  return LEVELS.find((known) => known === level) ?? 'info';
}
