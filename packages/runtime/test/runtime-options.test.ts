import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../src/index.js';
import type { ExecuteResult, HostApiSettings, PermissionSpec, RuntimeOptions } from '../src/index.js';
import { inProcess, pluginFolder } from './plugin-folder.js';
import type { PluginFolder } from './plugin-folder.js';

type Choices = Pick<RuntimeOptions, 'sandbox' | 'isolation'>;

const codeOrText = `.then((value) => JSON.stringify(value), (error) => error.code)`;

describe('hostApi', () => {
  // Answers /ok at once, and anything else never.
  const server = createServer((request, response) => void (request.url === '/ok' && response.end('here')));
  let plugin: PluginFolder;
  let port: number;

  beforeAll(async () => {
    plugin = await pluginFolder({
      'run.mjs': `
        export const get = (url, ctx) => ctx.fetch(url).then((response) => response.text())${codeOrText};
        export const list = (path, ctx) => ctx.fs.readDir(path).then(() => 'listed')${codeOrText};
      `,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = portOf(server.address());
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await plugin[Symbol.asyncDispose]();
  });

  interface Call {
    readonly handler: 'get' | 'list';
    readonly input: string;
    readonly permissions: PermissionSpec;
    readonly root?: string;
  }

  async function run(hostApi: HostApiSettings, { handler, input, ...rest }: Call): Promise<ExecuteResult> {
    await using runtime = createRuntime({ ...inProcess, hostApi });
    const context = runtime.createContext({
      capabilities: ['net.fetch', 'fs.read'],
      pluginRoot: plugin.root,
      ...rest,
    });
    return await runtime.execute(`./run.mjs#${handler}`, input, context);
  }

  it('finds addresses with the resolver of the host', async () => {
    const allow = [`http://service.test:${port}`, `http://127.0.0.1:${port}`];
    const call = { handler: 'get', input: `http://service.test:${port}/ok`, permissions: { net: { allow } } } as const;
    const asked: string[] = [];
    const result = await run(
      {
        resolve: async (hostname) => {
          asked.push(hostname);
          return [{ address: '127.0.0.1', family: 4 }];
        },
      },
      call,
    );

    expect([result.ok && result.data, asked]).toEqual(['"here"', ['service.test']]);
  });

  it('waits for a server as long as the host says', async () => {
    const url = `http://127.0.0.1:${port}`;
    const call = { handler: 'get', input: `${url}/never`, permissions: { net: { allow: [url] } } } as const;

    await expect(run({ timeouts: { headersMs: 50 } }, call)).resolves.toMatchObject({ ok: true, data: 'ERR_TIMEOUT' });
  });

  it.runIf(process.platform === 'linux')('stays on one device where the host says so', async () => {
    const mounted = readFileSync('/proc/self/mounts', 'utf8').includes(' /dev/shm ');
    const [root, input] = mounted ? ['/dev', 'shm'] : ['/', 'proc'];
    const call = { handler: 'list', input, root, permissions: { fs: { mode: 'read', allow: ['.'] } } } as const;

    await expect(run({}, call)).resolves.toMatchObject({ ok: true, data: '"listed"' });
    await expect(run({ sameDevice: true }, call)).resolves.toMatchObject({ ok: true, data: 'ERR_PERMISSION_DENIED' });
  });
});

describe('isolation', () => {
  const grant = { capabilities: [], permissions: {} } as const;
  const refusal = expect.objectContaining({
    code: 'ERR_CONFIG_INVALID',
    message:
      'the context, with the options of its runtime, asks for isolation: \'plugin\' in the sandbox "in-process", which has none',
    hint: expect.stringContaining("use sandbox: 'fork'"),
    details: { pointer: '/isolation' },
  });

  it.each<[string, Choices, Choices]>([
    ['both are those of the runtime', { sandbox: 'in-process', isolation: 'plugin' }, {}],
    ['the sandbox is that of the runtime', { sandbox: 'in-process' }, { isolation: 'plugin' }],
    ['the isolation is that of the runtime', { isolation: 'plugin' }, { sandbox: 'in-process' }],
  ])('is refused for a context whose sandbox has none, where %s', async (_, ofRuntime, ofContext) => {
    await using runtime = createRuntime(ofRuntime);
    expect(() => runtime.createContext({ ...grant, ...ofContext })).toThrow(refusal);
  });

  it.each<[string, Choices]>([
    ['another sandbox', { sandbox: 'fork' }],
    ['another isolation', { isolation: 'execution' }],
  ])('is refused for no context that has %s than its runtime', async (_, ofContext) => {
    await using plugin = await pluginFolder({ 'run.mjs': 'export const run = () => 1;' });
    await using runtime = createRuntime({ ...inProcess, isolation: 'plugin' });
    const context = runtime.createContext({ ...grant, pluginRoot: plugin.root, ...ofContext });
    await expect(runtime.execute('./run.mjs#run', 0, context)).resolves.toMatchObject({ ok: true, data: 1 });
  });

  it('is refused at the first run of a context that was made without its runtime', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': 'export const run = () => 1;' });
    await using runtime = createRuntime(inProcess);
    const context = createPluginContext({ ...grant, pluginRoot: plugin.root, isolation: 'plugin' });
    const error = { code: 'ERR_CONFIG_INVALID' };
    await expect(runtime.execute('./run.mjs#run', 0, context)).resolves.toMatchObject({ ok: false, error });
  });
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
