import { types } from 'node:util';
import type { PermissionRequest } from '@kb-labs/contracts';
import { copyRequest } from './copy-request.js';

const MAX_UNITS = 1024;
/** One more than a URL may have. */
const MAX_URL_UNITS = 4097;
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
      return urlText(request.url);
    case 'address':
      return `${plain(request.address)} for ${urlText(request.target)}`;
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
function written(value: unknown, units?: number): string {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return plain(value, units);
  return plain(Object.getOwnPropertyDescriptor(value, 'asWritten')?.value, units);
}

function plain(value: unknown, units = MAX_UNITS + 1): string {
  return typeof value === 'string' ? value.slice(0, units) : `a value that is no string (${typeof value})`;
}

function urlText(url: unknown): string {
  const text = written(url, MAX_URL_UNITS);
  // User info that is cut off before its end is user info all the same.
  return text.length < MAX_URL_UNITS ? withoutSecrets(text) : withoutSecrets(`${text}@`).replace(/@$/, '');
}

function withoutSecrets(url: string): string {
  const bare = url.replace(/[?#].*$/s, '');
  // Up to the last @ of the authority; for special schemes a backslash ends it as a slash does, and what stands around the scheme or
  // inside it (a space, a tab, another scheme) may be no part of it.
  return bare.replace(/^([^/\\:@]*:)?([/\\]*)[^/\\]*@/, '$1$2').replaceAll(/([/\\]\s*[/\\])[^/\\]*@/g, '$1');
}

function escapeUnit(text: string): string {
  return Array.from(text, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`).join('');
}

function shorten(text: string): string {
  return text.length > MAX_UNITS ? `${text.slice(0, MAX_UNITS - 1)}…` : text;
}
