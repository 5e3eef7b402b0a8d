import { isIP } from 'node:net';
import { createError, PermissionDeniedError } from '@kb-labs/contracts';
import type { DenyReason, NetTarget } from '@kb-labs/contracts';
import { isBadPort } from './bad-ports.js';

const MAX_UNITS = 4096;
const MAX_HOST = 253;

/** What came of reading a URL: the parsed form, or why no policy could allow it. */
export type NetTargetResult =
  | { readonly ok: true; readonly target: NetTarget }
  | {
      readonly ok: false;
      readonly reason: Extract<DenyReason, 'invalid-url' | 'scheme-refused' | 'user-info' | 'port-refused'>;
    };

/**
 * Turns a URL, as a guest wrote it, into the one object that is decided on and then used, by WHATWG rules. Throws
 * `ERR_INVALID_ARGUMENT` for what is malformed, `ERR_PERMISSION_DENIED` for another scheme, user info or a bad port.
 */
export function parseNetTarget(url: unknown): NetTarget {
  const result = readNetTarget(url);
  if (result.ok) return result.target;
  if (result.reason !== 'invalid-url' && typeof url === 'string') {
    throw new PermissionDeniedError({ kind: 'net', url }, result.reason);
  }
  throw createError('ERR_INVALID_ARGUMENT', 'the URL is refused: it is not a well-formed absolute URL', {
    details: { argument: 'url' },
    hint: `hand in a string of at most ${MAX_UNITS} characters such as "https://api.example.com/"`,
  });
}

/** As `parseNetTarget`, without throwing. */
export function readNetTarget(url: unknown): NetTargetResult {
  if (typeof url !== 'string' || url.length > MAX_UNITS || /[\p{Cc}\p{Cs}]/u.test(url)) return refuse('invalid-url');
  const parsed = URL.parse(url);
  if (parsed === null) return refuse('invalid-url');
  const scheme = parsed.protocol === 'https:' ? 'https' : parsed.protocol === 'http:' ? 'http' : undefined;
  if (scheme === undefined) return refuse('scheme-refused');
  if (parsed.username !== '' || parsed.password !== '') return refuse('user-info');
  const host = plainHost(parsed.hostname);
  // What a resolver makes of a name with an empty label is its own affair: `.a.example.com` may be `a.example.com` to it.
  if (host.length > MAX_HOST || host.split('.').includes('')) return refuse('invalid-url');
  const port = parsed.port === '' ? defaultPort(scheme) : Number(parsed.port);
  if (isBadPort(port)) return refuse('port-refused');
  return { ok: true, target: new ParsedTarget({ asWritten: url, scheme, host, port, url: parsed }) };
}

/** Whether this very object came out of the parser. What only looks like one did not. */
export function isParsedTarget(value: unknown): value is NetTarget {
  return ParsedTarget.made(value);
}

/** The port that a URL without one means. */
export function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

interface TargetParts {
  readonly asWritten: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly url: URL;
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

  constructor({ asWritten, scheme, host, port, url }: TargetParts) {
    const version = isIP(host);
    this.asWritten = asWritten;
    this.scheme = scheme;
    this.host = host;
    this.port = port;
    this.ipVersion = version === 4 || version === 6 ? version : 0;
    this.href = url.href;
    this.origin = url.origin;
    Object.freeze(this);
  }

  static made(value: unknown): value is NetTarget {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }
}

function plainHost(hostname: string): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function refuse(reason: Exclude<NetTargetResult, { ok: true }>['reason']): NetTargetResult {
  return { ok: false, reason };
}
