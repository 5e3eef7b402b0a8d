import { createError, PermissionDeniedError } from '@kb-labs/contracts';
import type { DenyReason, NetTarget } from '@kb-labs/contracts';
import { isBadPort } from './bad-ports.js';
import { ipVersionOf } from './ip-address.js';
import { plainHost } from './plain-url.js';

const MAX_UNITS = 4096;
const MAX_HOST = 253;

/** What of a URL decisions depend on. */
export type NetPlace = Pick<NetTarget, 'scheme' | 'host' | 'port' | 'ipVersion'>;

/** What came of reading a URL: where it leads, or why no policy could allow it. */
export type NetPlaceResult =
  | { readonly ok: true; readonly place: NetPlace }
  | {
      readonly ok: false;
      readonly reason: Extract<DenyReason, 'invalid-url' | 'scheme-refused' | 'user-info' | 'port-refused'>;
    };

type UrlResult =
  | (NetPlaceResult & { readonly ok: true; readonly url: URL })
  | (NetPlaceResult & { readonly ok: false });

/**
 * Turns a URL, as a guest wrote it, into the one object that is decided on and then used, by WHATWG rules. Throws
 * `ERR_INVALID_ARGUMENT` for what is malformed, `ERR_PERMISSION_DENIED` for another scheme, user info or a bad port.
 */
export function parseNetTarget(url: unknown): NetTarget {
  const result = readUrl(url);
  if (result.ok && typeof url === 'string') return new ParsedTarget(url, result.place, result.url);
  if (!result.ok && result.reason !== 'invalid-url' && typeof url === 'string') {
    throw new PermissionDeniedError({ kind: 'net', url }, result.reason);
  }
  throw createError('ERR_INVALID_ARGUMENT', 'the URL is refused: it is not a well-formed absolute URL', {
    details: { argument: 'url' },
    hint: `hand in a string of at most ${MAX_UNITS} characters such as "https://api.example.com/"`,
  });
}

/** As `parseNetTarget`, without throwing, and for nobody who will open what it leads to. */
export function readNetPlace(url: unknown): NetPlaceResult {
  const host = typeof url === 'string' && url.length <= MAX_UNITS ? plainHost(url) : undefined;
  return host === undefined || host.length > MAX_HOST
    ? readUrl(url)
    : { ok: true, place: { scheme: 'https', host, port: 443, ipVersion: 0 } };
}

function readUrl(url: unknown): UrlResult {
  if (typeof url !== 'string' || url.length > MAX_UNITS) return refuse('invalid-url');
  const parsed = URL.parse(url);
  // What the parser writes is printable ASCII: a text that it leaves as it is needs no closer look.
  if (parsed === null || (parsed.href !== url && /[\p{Cc}\p{Cs}]/u.test(url))) return refuse('invalid-url');
  const scheme = parsed.protocol === 'https:' ? 'https' : parsed.protocol === 'http:' ? 'http' : undefined;
  if (scheme === undefined) return refuse('scheme-refused');
  if (parsed.username !== '' || parsed.password !== '') return refuse('user-info');
  const host = bareHost(parsed.hostname);
  // What a resolver makes of a name with an empty label is its own affair: `.a.example.com` may be `a.example.com` to it.
  if (host.length > MAX_HOST || hasEmptyLabel(host)) return refuse('invalid-url');
  const port = parsed.port === '' ? defaultPort(scheme) : Number(parsed.port);
  if (isBadPort(port)) return refuse('port-refused');
  return { ok: true, place: { scheme, host, port, ipVersion: ipVersionOf(host) }, url: parsed };
}

function hasEmptyLabel(host: string): boolean {
  return host === '' || host.startsWith('.') || host.endsWith('.') || host.includes('..');
}

/** Whether this very object came out of the parser. What only looks like one did not. */
export function isParsedTarget(value: unknown): value is NetTarget {
  return ParsedTarget.made(value);
}

/** The port that a URL without one means. */
export function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

class ParsedTarget implements NetTarget {
  readonly brand = 'NetTarget';
  readonly asWritten: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly ipVersion: 0 | 4 | 6;
  readonly href: string;
  readonly origin: string;
  // A private field cannot be forged, copied or inherited by a look-alike.
  readonly #made = true;

  constructor(asWritten: string, place: NetPlace, url: URL) {
    this.asWritten = asWritten;
    this.scheme = place.scheme;
    this.host = place.host;
    this.port = place.port;
    this.ipVersion = place.ipVersion;
    this.href = url.href;
    this.origin = url.origin;
    Object.freeze(this);
  }

  static made(value: unknown): value is NetTarget {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }
}

function bareHost(hostname: string): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function refuse(reason: Exclude<NetPlaceResult, { ok: true }>['reason']): NetPlaceResult & { readonly ok: false } {
  return { ok: false, reason };
}
