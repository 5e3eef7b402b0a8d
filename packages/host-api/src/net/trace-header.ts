import type { FetchArguments } from './outgoing-request.js';

/** Adds the run's trace context. A guest that traces by itself is left alone. */
export function addTrace(init: FetchArguments, traceparent: string | undefined): FetchArguments {
  if (traceparent === undefined || init.headers.some(([name]) => name === 'traceparent')) return init;
  return { ...init, headers: [...init.headers, ['traceparent', traceparent]] };
}
