import { createGzip, gzipSync, brotliCompressSync } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import { head, serve } from './serve.js';

describe('net.readBody', () => {
  it('hands out at most 64 KiB at a time, decompressed', async () => {
    const whole = Buffer.alloc(300_000, 'abc');
    const server = await serve((request, response) => {
      const encoding = request.url === '/br' ? 'br' : 'gzip';
      response.setHeader('content-encoding', encoding);
      response.end(encoding === 'br' ? brotliCompressSync(whole) : gzipSync(whole));
    });
    const { call, meter } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    for (const path of ['/gzip', '/br']) {
      const { id } = head(await call('net.fetch', { url: server.origin + path }));
      const chunks: Uint8Array[] = [];
      for (
        let chunk = await call('net.readBody', id);
        chunk instanceof Uint8Array;
        chunk = await call('net.readBody', id)
      ) {
        chunks.push(chunk);
      }
      expect(Math.max(...chunks.map((chunk) => chunk.byteLength))).toBeLessThanOrEqual(65_536);
      expect(Buffer.concat(chunks).equals(whole)).toBe(true);
    }
    expect(meter.used('maxBytesFetched')).toBe(600_000);
  });

  it('ends a compressed bomb at the quota, and its socket with it', async () => {
    const gigabytes = function* (): Generator<Buffer> {
      const zeros = Buffer.alloc(1_048_576);
      for (let count = 0; count < 10_240; count += 1) yield zeros;
    };
    const server = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      pipeline(Readable.from(gigabytes()), createGzip({ level: 1 }), response).catch(() => undefined);
    });
    const { call, meter } = openHost(makeFolder(), {
      net: { allow: [server.origin] },
      quotas: { maxBytesFetched: 4_000_000 },
    });
    const { id } = head(await call('net.fetch', { url: server.origin }));
    let last: unknown = new Uint8Array();
    while (last instanceof Uint8Array) last = await call('net.readBody', id).catch((error: unknown) => error);
    expect(last).toMatchObject({
      code: 'ERR_OUTPUT_EXCEEDED',
      details: { quota: 'maxBytesFetched', limit: 4_000_000 },
    });
    expect(meter.used('maxBytesFetched')).toBeLessThanOrEqual(4_000_000);
    expect(await outcome(call('net.readBody', id))).toBe('ERR_INVALID_ARGUMENT');
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it('leaves with the server what nobody reads', async () => {
    let sent = 0;
    const server = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const push = (): void => {
        while (sent < 400_000_000) {
          sent += chunk.byteLength;
          if (!response.write(chunk)) return void response.once('drain', push);
        }
      };
      push();
    });
    const { call } = openHost(makeFolder(), { net: { allow: [server.origin] } });
    const { id } = head(await call('net.fetch', { url: server.origin }));
    for (let turn = 0; turn < 20; turn += 1) await call('net.readBody', id);
    expect(sent).toBeLessThan(50_000_000);
    await call('net.cancel', id);
  });
});
