import { describe, expect, it } from 'vitest';
import { makeFolder, openHost } from '../open-host.js';
import { serve } from './serve.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function traceparentsOf(
  options: { readonly traceparent?: string },
  headers: readonly (readonly [string, string])[],
): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const server = await serve((request, response) => {
    seen.push(request.headers['traceparent']);
    if (request.url === '/') response.writeHead(302, { location: '/there' });
    response.end();
  });
  const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } }, options);
  await call('net.fetch', { url: server.origin, headers });
  return seen;
}

describe('the traceparent of a request', () => {
  it('is that of the run, at each place that the request is sent to', async () => {
    expect(await traceparentsOf({ traceparent: TRACEPARENT }, [])).toEqual([TRACEPARENT, TRACEPARENT]);
  });

  it('is that of a guest that has one of its own', async () => {
    const own = TRACEPARENT.replace('4bf9', '0000');
    expect(await traceparentsOf({ traceparent: TRACEPARENT }, [['TraceParent', own]])).toEqual([own, own]);
  });

  it('is none where the host gave none', async () => {
    expect(await traceparentsOf({}, [])).toEqual([undefined, undefined]);
  });
});
