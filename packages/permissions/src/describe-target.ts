import { types } from 'node:util';
import type { PermissionRequest } from '@kb-labs/contracts';
import { copyRequest } from './copy-request.js';

const MAX_UNITS = 1024;
// Also what turns the order of text around, so that a log shows what was asked.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cf}\u{2028}\u{2029}]/gu;

/**
 * Names what was asked for, as the plugin wrote it, in at most 1024 characters: fit for messages and logs. Characters
 * that do not print are escaped, and URLs lose user info, query and fragment. Never throws, whatever is handed in.
 */
export function describeTarget(request: PermissionRequest): string {
  const copy = copyRequest(request);
  return shorten(withoutUnprintable(copy === undefined ? 'a target of no known kind' : targetText(copy)));
}

/** The same text with what does not print escaped. */
export function withoutUnprintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escapeUnit);
}

/** The same text with every URL in it without user info. */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]{0,15}:\/\/)[^/\\\s]*@/gi, '$1');
}

function targetText(request: PermissionRequest): string {
  switch (request.kind) {
    case 'fs':
      return written(request.path);
    case 'net':
      return withoutSecrets(written(request.url));
    case 'address':
      return `${plain(request.address)} for ${withoutSecrets(written(request.target))}`;
    case 'env':
      return plain(request.name);
    case 'invoke':
      return invokeText(request.target);
    case 'shell':
      return commandText(request.command, request.args);
  }
}

function invokeText(target: unknown): string {
  if (typeof target !== 'object' || target === null) return plain(target);
  const { pluginId, range, handler }: Readonly<Record<string, unknown>> = { ...target };
  return range === '*'
    ? `${plain(pluginId)}:${plain(handler)}`
    : `${plain(pluginId)}@${plain(range)}:${plain(handler)}`;
}

/** Enough to find the end of user info that begins in what is shown. */
const MAX_COMMAND_UNITS = 4 * MAX_UNITS;

function commandText(command: unknown, args: unknown): string {
  let text = plain(command);
  for (const argument of Array.isArray(args) ? args : ['(arguments that are no list)']) {
    if (text.length > MAX_COMMAND_UNITS) break;
    const shown = typeof argument === 'string' ? argument.slice(0, MAX_COMMAND_UNITS) : plain(argument);
    text += ` ${/^[^\s"'\\]+$/.test(shown) ? shown : JSON.stringify(shown)}`;
  }
  return withoutUserInfo(text);
}

// Types promise more here than a guest's data keeps.
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return plain(value);
  return plain(Object.getOwnPropertyDescriptor(value, 'asWritten')?.value);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_UNITS + 1) : `a value that is no string (${typeof value})`;
}

function withoutSecrets(url: string): string {
  const bare = url.replace(/[?#].*$/s, '');
  // Up to the last @ of the authority; for special schemes a backslash ends it as a slash does.
  return bare.replace(/^([a-z][a-z0-9+.-]*:)?([/\\]*)[^/\\]*@/i, '$1$2');
}

function escapeUnit(text: string): string {
  return Array.from(text, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`).join('');
}

function shorten(text: string): string {
  return text.length > MAX_UNITS ? `${text.slice(0, MAX_UNITS - 1)}…` : text;
}
