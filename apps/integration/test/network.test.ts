import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePlaces, openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

let server: Server;
let base = '';
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.url) {
    case '/hello':
      response.setHeader('content-type', 'text/plain; charset=utf-8').end('héllo');
      break;
    case '/echo': {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        hash.update(chunk);
      }
      const type = request.headers['content-type'];
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ bytes, sha256: hash.digest('hex'), type }));
      break;
    }
    case '/big':
      response.end(Buffer.alloc(3_000_000, 7));
      break;
    case '/endless':
      response.write('first');
      break;
    case '/refuse':
      response.writeHead(413, { connection: 'close' }).end('{"refused":true}');
      break;
    default:
      // '/silent' is never answered.
      break;
  }
}

describe.each(nodePlaces)('$name', ({ create, works, notRun, name }) => {
  describe.skipIf(!works)(`the gated fetch${notRun}`, () => {
    it('answers as fetch does', async () => {
      await using scene = await openScene(create());
      const url = `${base}/hello`;
      const result = await scene.runtime.execute('./handlers.js#asks', { url, init: {} }, grant(scene));
      expect(result).toMatchObject({
        ok: true,
        data: { status: 200, type: 'text/plain; charset=utf-8', text: 'héllo', url },
        metrics: { fetches: { used: 1 }, bytesFetched: { used: 6 } },
      });
    });

    it('sends bodies with the type that fetch would give them', async () => {
      await using scene = await openScene(create());
      const init = { method: 'POST', body: 'some text' };
      const result = await scene.runtime.execute('./handlers.js#asks', { url: `${base}/echo`, init }, grant(scene));
      if (!result.ok) throw new Error(result.error.message);
      expect(JSON.parse((result.data as { text: string }).text)).toEqual({
        bytes: 9,
        sha256: createHash('sha256').update('some text').digest('hex'),
        type: 'text/plain;charset=UTF-8',
      });
    });

    it('streams both ways', async () => {
      await using scene = await openScene(create());
      const input = { url: `${base}/echo`, chunks: 20, chunkBytes: 150_000 };
      const up = await scene.runtime.execute('./handlers.js#uploads', input, grant(scene));
      const sent = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(150_000, 19 - index)));
      expect(up).toMatchObject({
        ok: true,
        data: { bytes: 3_000_000, sha256: createHash('sha256').update(sent).digest('hex') },
      });
      const down = await scene.runtime.execute('./handlers.js#downloads', { url: `${base}/big` }, grant(scene));
      expect(down).toMatchObject({ ok: true, data: 3_000_000, metrics: { bytesFetched: { used: 3_000_000 } } });
    });

    it('ends at the quota for bytes, however they come', async () => {
      await using scene = await openScene(create());
      const context = grant(scene, { maxBytesFetched: 100_000 });
      const result = await scene.runtime.execute('./handlers.js#downloads', { url: `${base}/big` }, context);
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'ERR_HANDLER_FAILED', error: { code: 'ERR_OUTPUT_EXCEEDED' } },
      });
    });

    it('can be given up in the middle of a body', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#giveUp', { url: `${base}/endless` }, grant(scene));
      expect(result).toMatchObject({ ok: true, data: expect.stringMatching(/ERR_ABORTED|seen enough/u) });
    });

    it('never asks a server that is not granted', async () => {
      await using scene = await openScene(create());
      asked.length = 0;
      const context = scene.grant({ ...caller, permissions: { net: { allow: ['https://example.com'] } } });
      const result = await scene.runtime.execute('./handlers.js#asks', { url: `${base}/hello`, init: {} }, context);
      expect(result).toMatchObject({ ok: false, error: { error: { code: 'ERR_PERMISSION_DENIED' } } });
      expect(asked).toEqual([]);
    });

    it('lets a handler that waits for it end by itself when its time is up', async () => {
      await using scene = await openScene(create());
      const request = { handler: './handlers.js#hangs', input: { url: `${base}/silent` }, timeoutMs: 200 };
      const result = await scene.runtime.execute(request, grant(scene));
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
      expect(result.logs.map(({ text, fields }) => [text, fields])).toEqual([
        ['stopped', { code: 'ERR_TIMEOUT' }],
        ['finally', {}],
      ]);
    });

    it('harms nobody when nobody waits for it any more', async () => {
      await using scene = await openScene(create());
      const request = { handler: './handlers.js#forgets', input: { url: `${base}/silent` }, timeoutMs: 200 };
      const result = await scene.runtime.execute(request, grant(scene));
      // An unhandled rejection in this process would fail the whole test run.
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
    });

    it.runIf(name === 'in-process')('is refused to who has kept it from an earlier run', async () => {
      await using scene = await openScene(create());
      await scene.runtime.execute('./handlers.js#keeps', {}, grant(scene));
      const result = await scene.runtime.execute('./handlers.js#usesKept', { url: `${base}/hello` }, grant(scene));
      expect(result).toMatchObject({ ok: true, data: 'ERR_PERMISSION_DENIED' });
    });

    it.runIf(name !== 'in-process')('is also the global one', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#asksGlobally', { url: `${base}/hello` }, grant(scene));
      expect(result).toMatchObject({ ok: true, data: 200, metrics: { hostCallsByName: { 'net.fetch': 1 } } });
    });
  });
});

const caller = { capabilities: ['net.fetch'], pluginRoot: pluginFolder('caller') };

function grant(scene: Scene, quotas: Record<string, number> = {}): ReturnType<Scene['grant']> {
  return scene.grant({ ...caller, permissions: { net: { allow: [base] }, quotas } });
}
