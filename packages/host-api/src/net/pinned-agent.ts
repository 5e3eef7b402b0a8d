import type { LookupFunction } from 'node:net';
import type { NetTarget } from '@kb-labs/contracts';
import type { buildConnector, RequestInit, Response } from 'undici';
import type { FetchTimeouts } from './fetch-timeouts.js';
import type { ResolvedAddress } from './resolver.js';

/** Connections that lead only to addresses which were checked for that very scheme, host and port. */
export interface PinnedAgent extends AsyncDisposable {
  /** undici's own fetch, over these connections alone. */
  fetch(url: string, init: Omit<RequestInit, 'dispatcher'>): Promise<Response>;
  /** From now on a connection to this target goes to one of these. */
  pin(target: NetTarget, addresses: readonly ResolvedAddress[]): void;
}

interface Pin {
  addresses: readonly ResolvedAddress[];
  readonly connect: buildConnector.connector;
}

/** Sockets to one origin at a time. */
const MAX_CONNECTIONS = 32;
/** Of a response, or of the trailers behind it; the flags of the host's process (`--max-http-header-size`) make it no larger. */
const MAX_HEADER_BYTES = 16_384;

/**
 * Knows no proxy: neither `HTTP_PROXY` nor `NODE_USE_ENV_PROXY` is looked at by an agent of its own, nor does `NODE_TLS_REJECT_UNAUTHORIZED`
 * make it trust a certificate. Connects to nothing until used.
 */
export async function createPinnedAgent({ connectMs, headersMs, bodyMs }: FetchTimeouts): Promise<PinnedAgent> {
  // Loading undici takes 100 ms: a host whose plugins fetch nothing does not pay for it.
  const { Agent, buildConnector, fetch } = await import('undici');
  const pins = new Map<string, Pin>();
  const agent = new Agent({
    headersTimeout: headersMs,
    bodyTimeout: bodyMs,
    connections: MAX_CONNECTIONS,
    maxHeaderSize: MAX_HEADER_BYTES,
    allowH2: false,
    connect: (options, callback) => {
      const pin = pins.get(keyOf(options.protocol, options.hostname, options.port));
      if (pin === undefined) callback(new Error('the address was not checked'), null);
      else pin.connect(options, callback);
    },
  });
  return {
    fetch: (url, init) => fetch(url, { ...init, dispatcher: agent }),
    pin(target, addresses) {
      const key = keyOf(`${target.scheme}:`, target.host, String(target.port));
      const known = pins.get(key);
      if (known !== undefined) known.addresses = addresses;
      else
        pins.set(
          key,
          createPin(addresses, (lookup) => buildConnector({ timeout: connectMs, lookup, rejectUnauthorized: true })),
        );
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

function createPin(
  addresses: readonly ResolvedAddress[],
  connectBy: (lookup: LookupFunction) => buildConnector.connector,
): Pin {
  const lookup: LookupFunction = (_hostname, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : undefined;
    const fitting = pin.addresses.filter((each) => family === undefined || each.family === family);
    const [first] = fitting;
    if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), []);
    else if (options.all === true) callback(null, [...fitting]);
    else callback(null, first.address, first.family);
  };
  const pin: Pin = { addresses, connect: connectBy(lookup) };
  return pin;
}

/** `host` of a target has neither brackets nor a trailing dot; undici hands over what stands in the URL. */
function keyOf(protocol: string, hostname: string, port: string): string {
  const host = hostname.replace(/^\[|\]$|\.$/gu, '');
  const ownPort = protocol === 'https:' ? '443' : '80';
  return `${protocol}//${host}:${port === '' ? ownPort : port}`;
}
