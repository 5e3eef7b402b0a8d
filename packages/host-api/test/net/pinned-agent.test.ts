import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseNetTarget } from '@kb-labs/permissions';
import { createPinnedAgent } from '../../src/net/pinned-agent.js';
import { serve } from './serve.js';

const timeouts = { connectMs: 1_000, headersMs: 1_000, bodyMs: 1_000 };

describe('the agent of a run', () => {
  it('connects to nothing that was not pinned, by scheme, host and port', async () => {
    const server = await serve((_, response) => response.end('hello'));
    await using agent = await createPinnedAgent(timeouts);
    const url = `http://api.good.com:${server.port}/`;
    await expect(agent.fetch(url, {})).rejects.toThrow('fetch failed');
    agent.pin(parseNetTarget('http://api.good.com:8080/'), [{ address: '127.0.0.1', family: 4 }]);
    agent.pin(parseNetTarget(`https://api.good.com:${server.port}/`), [{ address: '127.0.0.1', family: 4 }]);
    await expect(agent.fetch(url, {})).rejects.toThrow('fetch failed');
    expect(server.accepted()).toBe(0);
    agent.pin(parseNetTarget(url), [{ address: '127.0.0.1', family: 4 }]);
    expect(await (await agent.fetch(url, {})).text()).toBe('hello');
  });

  it('tries the pinned addresses, and only those', async () => {
    const server = await serve((_, response) => response.end('hello'));
    await using agent = await createPinnedAgent(timeouts);
    const target = parseNetTarget(`http://api.good.com:${server.port}/`);
    agent.pin(target, [
      { address: '127.0.0.7', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    expect(await (await agent.fetch(target.href, {})).text()).toBe('hello');
  });

  it('knows no proxy, whatever the environment says', async () => {
    const proxy = await serve((_, response) => response.end('PROXIED'));
    const server = await serve((_, response) => response.end('direct'));
    const script = `
      import { createHostApi } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      import { compilePolicy, createQuotaMeter } from ${JSON.stringify(import.meta.resolve('@kb-labs/permissions'))};
      const policy = compilePolicy({ net: { allow: ['${server.origin}'] } }, { root: '/' });
      const functions = ['net.fetch', 'net.readBody'];
      const api = createHostApi({ policy, meter: createQuotaMeter(policy.quotas), functions, audit: () => undefined });
      const { signal } = new AbortController();
      const { id } = await api.call('net.fetch', [{ url: '${server.origin}' }], { signal });
      process.stdout.write(await api.call('net.readBody', [id], { signal }));
      await api[Symbol.asyncDispose]();
    `;
    const env = {
      HTTP_PROXY: proxy.origin,
      http_proxy: proxy.origin,
      ALL_PROXY: proxy.origin,
      NODE_USE_ENV_PROXY: '1',
      NO_PROXY: '',
    };
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect([output, proxy.accepted(), server.accepted()]).toEqual(['direct', 0, 1]);
  });
});
