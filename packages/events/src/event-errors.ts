import { createError } from '@kb-labs/contracts';
import type { EventScope, PluginError } from '@kb-labs/contracts';
import { showTopic } from './topic.js';

/** `ERR_INVALID_ARGUMENT`: a call's argument is malformed. */
export function invalidArgument(problem: string, hint?: string): PluginError {
  return createError('ERR_INVALID_ARGUMENT', problem, hint === undefined ? {} : { hint });
}

/** `ERR_CONFIG_INVALID` with a JSON pointer into the options that the host handed in. */
export function configInvalid(pointer: string, problem: string, hint?: string): PluginError {
  return createError('ERR_CONFIG_INVALID', `at ${pointer}: ${problem}`, {
    details: { pointer },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** `ERR_INVALID_ARGUMENT`: what was handed in is no topic. */
export function notATopic(topic: unknown): PluginError {
  return invalidArgument(
    `"${showTopic(topic)}" is not a topic`,
    'write up to 8 lower-case segments joined by dots, such as report.done; at most 256 characters, wildcards in subscriptions only',
  );
}

/** `ERR_INVALID_ARGUMENT`: what was handed in is no pattern. */
export function notAPattern(pattern: unknown): PluginError {
  return invalidArgument(
    `"${showTopic(pattern)}" is not a topic pattern`,
    'write a topic such as report.done, with * for one segment or ** (twice at most) for any number',
  );
}

export interface Denial {
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
  readonly scope: EventScope;
  readonly reason: 'not-listed' | 'scope-not-listed' | 'reserved' | 'may-not-reject';
  /** Which of several rule sets says no, by its place: the first of them. */
  readonly rules?: number | undefined;
  /** The places of all that do not list the topic, and of all that do not name the scope. */
  readonly unlisted?: readonly number[];
  readonly unscoped?: readonly number[];
}

const HINTS: Readonly<Record<Denial['reason'], string>> = {
  'not-listed': 'list it in what the manifest produces or consumes, and let the host grant it',
  'scope-not-listed': 'use a narrower scope, or let the host grant this one',
  reserved: 'topics below "host" and "runtime" are the host\'s own; choose another name',
  'may-not-reject': 'in the scope "host" a full queue drops: use drop-oldest or drop-newest',
};

/** `ERR_EVENT_DENIED`: the rules say no. */
export function eventDenied({ action, topic, scope, reason, rules, unlisted, unscoped }: Denial): PluginError {
  const shown = showTopic(topic);
  const places = rules === undefined ? {} : { rules, unlisted, unscoped };
  return createError('ERR_EVENT_DENIED', `${action} on "${shown}" in the scope "${scope}" is denied: ${reason}`, {
    details: { action, topic: shown, scope, reason, ...places },
    hint: HINTS[reason],
  });
}

/** `ERR_EVENT_DENIED`: the port has ended, so nothing goes in any more. */
export function portClosed(action: Denial['action']): PluginError {
  return createError('ERR_EVENT_DENIED', `${action} is denied: the port is closed`, {
    details: { action, reason: 'closed' },
  });
}

/** `ERR_ABORTED`: the signal, or the end of the port, ended a wait. */
export function waitAborted(what: string, reason: unknown): PluginError {
  return createError('ERR_ABORTED', `${what} was aborted`, { cause: reason });
}
