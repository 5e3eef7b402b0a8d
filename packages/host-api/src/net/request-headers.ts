import { createError } from '@kb-labs/contracts';

/** One header as it goes out. */
export type HeaderPair = readonly [name: string, value: string];

/** What frames a message, names its host or speaks to a proxy is undici's to say: two opinions on these are how requests are smuggled. */
const REFUSED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/u;
// Bytes of latin 1 without control characters; a tab is white space.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/u;

/** Names in lower case, values trimmed. Throws `ERR_INVALID_ARGUMENT` with the name, never the value, which may be a secret. */
export function parseRequestHeaders(pairs: readonly (readonly string[])[]): readonly HeaderPair[] {
  return pairs.map(([rawName = '', rawValue = '']) => {
    if (!TOKEN.test(rawName)) throw createHeaderError('a header', 'its name is no token');
    const name = rawName.toLowerCase();
    if (REFUSED.has(name) || name.startsWith('proxy-') || name.startsWith('sec-')) {
      throw createHeaderError(`the header ${name}`, 'it is set by the host alone');
    }
    if (!VALUE.test(rawValue))
      throw createHeaderError(`the header ${name}`, 'its value has a character that no header may have');
    return [name, rawValue.trim()];
  });
}

function createHeaderError(subject: string, problem: string): Error {
  return createError('ERR_INVALID_ARGUMENT', `net.fetch: ${subject} is refused: ${problem}`, {
    details: { function: 'net.fetch', argument: '0/headers' },
    hint: 'leave the header out',
  });
}
