import { createError } from '@kb-labs/contracts';
import type { TextSpan } from './text-spans.js';

const MIN_LENGTH = 4;
const MAX_LENGTH = 8192;
/** An encoded form that is shorter stands in too many innocent texts. */
const MIN_ENCODED_LENGTH = 6;

/** Finds values that the host has named as secret, in whatever usual spelling. */
export interface KnownSecrets {
  /** Units of the longest spelling; 0 where there are none. */
  readonly longest: number;
  /** Whether a number, written out, may hold one. */
  readonly mayBeInNumbers: boolean;
  find(text: string): TextSpan[];
}

/** Throws `ERR_CONFIG_INVALID` for values that no text could be searched for, without showing them. */
export function compileKnownSecrets(secrets: readonly string[], pointer: string): KnownSecrets {
  const spellings = [...new Set(secrets.flatMap((secret, index) => spellingsOf(secret, `${pointer}/${index}`)))];
  if (spellings.length === 0) return { longest: 0, mayBeInNumbers: false, find: () => [] };
  const any = new RegExp(spellings.map(escapePattern).join('|'));
  return {
    longest: Math.max(...spellings.map((spelling) => spelling.length)),
    mayBeInNumbers: spellings.some(mayBeInNumber),
    // One pass tells that there is nothing, which is what there mostly is.
    find: (text) => (any.test(text) ? spellings.flatMap((spelling) => occurrences(text, spelling)) : []),
  };
}

function mayBeInNumber(spelling: string): boolean {
  return /^[-+.\de]+$/.test(spelling) || '-Infinity'.includes(spelling) || 'NaN'.includes(spelling);
}

function occurrences(text: string, part: string): TextSpan[] {
  const spans: TextSpan[] = [];
  for (let start = text.indexOf(part); start !== -1; start = text.indexOf(part, start + 1)) {
    spans.push({ start, end: start + part.length });
  }
  return spans;
}

/** As it is, in a URL, in a JSON string, in hex, and in base64 wherever it stands in what was encoded: as the usual writers of each write it. */
function spellingsOf(secret: string, pointer: string): string[] {
  if (secret.length < MIN_LENGTH || secret.length > MAX_LENGTH) {
    throw createError('ERR_CONFIG_INVALID', `${pointer}: a known secret has ${secret.length} characters`, {
      details: { pointer },
      hint: `give ${MIN_LENGTH} to ${MAX_LENGTH} characters: shorter ones would mask ordinary text`,
    });
  }
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => base64Inside(bytes, offset));
  const encoded = [
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
  return [
    secret,
    ...inUrls(secret.toWellFormed()),
    ...inJson(secret),
    ...encoded.filter((text) => text.length >= MIN_ENCODED_LENGTH),
  ];
}

/** As a part of a path or a query, as a form sends it, and each with small letters in its escapes. */
function inUrls(secret: string): string[] {
  const written = [
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
  ];
  const small = (text: string): string => text.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase());
  return [...written, ...written.map(small)];
}

/** As JavaScript writes it, in ASCII alone, fit for HTML (Go), with escaped slashes (PHP), and each once more inside of another JSON text. */
function inJson(secret: string): string[] {
  const plain = quoted(secret);
  const written = [
    plain,
    plain.replaceAll(/[^ -~]/g, escapeUnit),
    plain.replaceAll(/[<>&\u2028\u2029]/g, escapeUnit),
    plain.replaceAll('/', String.raw`\/`),
  ];
  return [...written, ...written.map(quoted)];
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The characters of base64 that these bytes alone decide when `offset` other bytes (modulo 3) stand before them. */
function base64Inside(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
