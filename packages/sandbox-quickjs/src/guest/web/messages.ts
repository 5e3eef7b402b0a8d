import { Body } from './body.js';
import { Headers } from './headers.js';
import type { HeadersSource } from './headers.js';

interface ResponseOptions {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersSource;
}

/** An answer. Of forms and blobs it knows nothing. */
export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly type = 'default';
  readonly url: string = '';
  readonly redirected: boolean = false;

  constructor(body?: unknown, { status = 200, statusText = '', headers }: ResponseOptions = {}) {
    super(body);
    if (!Number.isInteger(status) || status < 101 || status > 599)
      throw new RangeError(`${status} is no status of an answer`);
    this.status = status;
    this.statusText = `${statusText}`;
    this.headers = headersFor(headers, this.ownType);
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  static json(value: unknown, options: ResponseOptions = {}): Response {
    const headers = new Headers(options.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(value), { ...options, headers });
  }
}

interface RequestOptions {
  readonly method?: string;
  readonly headers?: HeadersSource;
  readonly body?: unknown;
  readonly redirect?: string;
  readonly signal?: AbortSignal;
}

/** A request that has not been sent. Its URL is text: which one it is, the host decides. */
export class Request extends Body {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string;
  readonly signal: AbortSignal;

  constructor(input: unknown, options: RequestOptions = {}) {
    const base = input instanceof Request ? input : undefined;
    super(options.body ?? base?.body);
    this.url = base?.url ?? String(input);
    this.method = (options.method ?? base?.method ?? 'GET').toUpperCase();
    this.headers = headersFor(options.headers ?? base?.headers, this.ownType);
    this.redirect = options.redirect ?? base?.redirect ?? 'follow';
    this.signal = options.signal ?? base?.signal ?? new AbortController().signal;
  }
}

function headersFor(source: HeadersSource | undefined, ownType: string | undefined): Headers {
  const headers = new Headers(source);
  if (ownType !== undefined && !headers.has('content-type')) headers.set('content-type', ownType);
  return headers;
}
