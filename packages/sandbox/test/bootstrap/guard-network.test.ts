import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { runBody, valueOf, ways } from '../fork/fork-scene.js';

const MODULES = ['net', 'tls', 'dgram', 'dns', 'dns/promises', 'http', 'https', 'http2', 'inspector', 'cluster'].concat(
  ['_http_client', '_http_agent', '_http_server', '_tls_wrap', '_tls_common'],
);

describe.each(ways)('the network, from inside a guest, wall: $way', ({ way }) => {
  const adapter = forkSandbox({ wall: way });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('has no module, by whatever way it is asked for', async () => {
    const body = `
      const { createRequire } = await import('node:module');
      const require = createRequire(import.meta.url);
      const ways = [
        (name) => require(name), (name) => require('node:' + name), (name) => import(name), (name) => import('node:' + name),
        (name) => process.getBuiltinModule(name), (name) => process.getBuiltinModule('node:' + name),
        (name) => require('module')._load(name), (name) => require('module')._load('node:' + name),
        (name) => process.mainModule.require(name),
      ];
      const got = [];
      for (const name of input) for (const [index, way] of ways.entries()) {
        try { if (await way(name)) got.push(name + ' by way ' + index); } catch {}
      }
      return got;
    `;
    expect(valueOf(await runBody(adapter, body, { input: MODULES }))).toEqual([]);
  });

  it('has no way in through the classes of what is open', async () => {
    const body = `
      const { createRequire } = await import('node:module');
      const require = createRequire(import.meta.url);
      const Socket = Object.getPrototypeOf(require('tty').ReadStream);
      const Pipe = process.stdin._handle.constructor;
      const ways = {
        connect: () => new Socket().connect({ port: 1, host: '127.0.0.1' }),
        bind: () => new Pipe(1).bind(input),
        listen: () => new Pipe(1).listen(1),
        fchmod: () => new Pipe(1).fchmod(3),
        handles: () => process._getActiveHandles(),
        requests: () => process._getActiveRequests(),
      };
      return Object.entries(ways).map(([name, way]) => { try { way(); return name; } catch (error) { return error.code; } });
    `;
    const path = join(tmpdir(), `kb-socket-${process.pid}-${way}`);
    expect(valueOf(await runBody(adapter, body, { input: path }))).toEqual(
      Array.from({ length: 6 }, () => 'ERR_ACCESS_DENIED'),
    );
    expect(existsSync(path)).toBe(false);
  });

  it('has no global of its own', async () => {
    const body = "return ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].filter((name) => name in globalThis);";
    expect(valueOf(await runBody(adapter, body))).toEqual([]);
  });

  it('has the fetch of the host where that was granted, as ctx has', async () => {
    const body =
      "const response = await fetch('https://example.com/a', { method: 'POST', body: 'b' }); return [typeof ctx.fetch, response.status, await response.text()];";
    const asked: unknown[] = [];
    const answer = (name: string, args: readonly unknown[]): Promise<unknown> => {
      asked.push([name, ...args]);
      if (name === 'net.readBody') return Promise.resolve(asked.length > 2 ? null : new TextEncoder().encode('hi'));
      const reply = { id: 7, status: 201, statusText: '', headers: [['a', 'b']], url: 'https://example.com/a' };
      return Promise.resolve({ ...reply, redirected: false });
    };
    const run = await runBody(adapter, body, { api: ['net.fetch'], answer });
    expect(valueOf(run)).toEqual(['function', 201, 'hi']);
    expect(asked[0]).toEqual([
      'net.fetch',
      {
        url: 'https://example.com/a',
        method: 'POST',
        headers: [['content-type', 'text/plain;charset=UTF-8']],
        redirect: 'follow',
        body: new TextEncoder().encode('b'),
      },
    ]);
  });
});
