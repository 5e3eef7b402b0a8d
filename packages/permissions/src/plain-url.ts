const START = 'https://';
const LABEL = '(?!xn--)[a-z0-9-]+';
const LAST_LABEL = '(?!xn--)[a-z][a-z0-9-]*';
const PLAIN = new RegExp(String.raw`^${START}(?:${LABEL}\.)*${LAST_LABEL}(?:/[\x20-\x7e]*)?$`);

/**
 * The host of a plain URL, and `undefined` for any other, which only a parser can take apart. Plain is `https://`, a name of lower-case
 * letters, digits, `-` and `.`, and nothing more or `/` and printable ASCII: no port, no user info.
 *
 * By the URL standard such a text is a URL with just this host. The authority ends at the first `/`, and holds neither `@` nor `:`. Of a domain
 * that is ASCII and has no label that begins with `xn--`, domain-to-ASCII is the lower case. It ends in no number, since its last label begins
 * with a letter, so it is no address. No path, query or fragment makes the parser fail.
 */
export function plainHost(url: string): string | undefined {
  if (!PLAIN.test(url)) return undefined;
  const end = url.indexOf('/', START.length);
  return end === -1 ? url.slice(START.length) : url.slice(START.length, end);
}
