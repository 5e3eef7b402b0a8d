import * as types from 'node:util/types';
import type { PermissionRequest } from './permission-policy.js';

const MAX_UNITS = 1024;
/** More do not fit into what a command may be given. */
const MAX_ARGUMENTS = 4096;
const KINDS = ['fs', 'net', 'address', 'env', 'invoke', 'shell'] as const;
/** One more than a URL may have. */
const MAX_URL_UNITS = 4097;

/**
 * Names what was asked for, as the plugin wrote it, in at most 1024 characters: fit for messages and logs. Characters
 * that do not print are escaped, and URLs lose user info, query and fragment. Never throws, whatever is handed in.
 */
export function describeTarget(request: PermissionRequest): string {
  return shorten(withoutUnprintable(targetText(request)));
}

/** The kind of a question, and `undefined` for what is none. Never throws. */
export function kindOfRequest(request: unknown): PermissionRequest['kind'] | undefined {
  const kind = memberOf(request, 'kind');
  return KINDS.find((known) => known === kind);
}

/** The same text with what does not print escaped. */
export function withoutUnprintable(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? text.replaceAll(unprintable(), escapeUnit) : text;
}

/** Also what turns the order of text around, so that a log shows what was asked. */
function unprintable(): RegExp {
  // No literal, for that is parsed when this file is loaded, with the tables of Unicode.
  return new RegExp(String.raw`[\p{Cc}\p{Cs}\p{Cf}\u{2028}\u{2029}]`, 'gu');
}

/** The same text with every URL in it without user info. */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]{0,15}:\/\/)[^/\\\s]*@/gi, '$1');
}

function targetText(request: unknown): string {
  switch (kindOfRequest(request)) {
    case 'fs':
      return written(memberOf(request, 'path'));
    case 'net':
      return urlText(memberOf(request, 'url'));
    case 'address':
      return addressText(memberOf(request, 'target'), memberOf(request, 'address'));
    case 'env':
      return plain(memberOf(request, 'name'));
    case 'invoke':
      return invokeText(memberOf(request, 'target'));
    case 'shell':
      return commandText(memberOf(request, 'command'), memberOf(request, 'args'));
    case undefined:
      return 'a target of no known kind';
  }
}

function addressText(target: unknown, address: unknown): string {
  return `${plain(address)} for ${urlText(target)}`;
}

function invokeText(target: unknown): string {
  if (typeof target !== 'object' || target === null) return plain(undefined);
  const [pluginId, range, handler] = ['pluginId', 'range', 'handler'].map((name) => memberOf(target, name));
  return range === '*'
    ? `${plain(pluginId)}:${plain(handler)}`
    : `${plain(pluginId)}@${plain(range)}:${plain(handler)}`;
}

/** Enough to find the end of user info that begins in what is shown. */
const MAX_COMMAND_UNITS = 4 * MAX_UNITS;

function commandText(command: unknown, args: unknown): string {
  let text = plain(command);
  const length = lengthOf(args);
  if (length === undefined) text += ` ${JSON.stringify('(arguments that are no list)')}`;
  for (let index = 0; index < (length ?? 0) && text.length <= MAX_COMMAND_UNITS; index += 1) {
    const argument = memberOf(args, String(index));
    const shown = typeof argument === 'string' ? argument.slice(0, MAX_COMMAND_UNITS) : plain(argument);
    text += ` ${/^[^\s"'\\]+$/.test(shown) ? shown : JSON.stringify(shown)}`;
  }
  return withoutUserInfo(text);
}

/** `undefined` for what is no list, and for one that nobody would read to its end. */
function lengthOf(list: unknown): number | undefined {
  const length = typeof list === 'object' ? memberOf(list, 'length') : undefined;
  return Number.isInteger(length) && Number(length) >= 0 && Number(length) <= MAX_ARGUMENTS
    ? Number(length)
    : undefined;
}

/** Reads a member of what may be no object at all, or one that throws. */
function memberOf(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter or a trap of whoever asks: nothing can be learnt from it.
    return undefined;
  }
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
