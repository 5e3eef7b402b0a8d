import { describe, expect, it } from 'vitest';
import { createPluginContext, execute } from '../src/index.js';
import type { ExecuteRequest, PluginContext, PluginRegistry } from '../src/index.js';
import { parseRequest } from '../src/parse-request.js';

const context = createPluginContext({ capabilities: [], permissions: {} });

/** For what TypeScript would not let a host do. */
function unchecked<T>(value: unknown): T {
  return value as T;
}

describe('misuse by the host', () => {
  it.each([
    ['a context that only looks like one', { ...context }],
    ['a context behind a proxy', new Proxy(context, {})],
    ['no context', undefined],
    ['null', null],
  ])('rejects %s', async (_, value) => {
    await expect(execute('./x.js#y', {}, unchecked<PluginContext>(value))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the context was not made by createPluginContext',
    });
  });

  it.each([
    ['/handler', { input: {} }],
    ['/handler', { handler: 1, input: {} }],
    ['/handler', { handler: { file: './x.js', exports: 'y' }, input: {} }],
    ['/timeoutMs', { handler: './x.js#y', input: {}, timeoutMs: 0 }],
    ['/timeoutMs', { handler: './x.js#y', input: {}, timeoutMs: -1 }],
    ['/timeoutMs', { handler: './x.js#y', input: {}, timeoutMs: Number.NaN }],
    ['/timeoutMs', { handler: './x.js#y', input: {}, timeoutMs: Number.POSITIVE_INFINITY }],
    ['/timeoutMs', { handler: './x.js#y', input: {}, timeoutMs: 2 ** 31 }],
    ['/signal', { handler: './x.js#y', input: {}, signal: { aborted: false } }],
    ['/inputSchema', { handler: './x.js#y', input: {}, inputSchema: { parse: () => 1 } }],
    ['/plugin', { handler: './x.js#y', input: {}, plugin: '../evil' }],
    ['/plugin', { handler: './x.js#y', input: {}, plugin: 'x@not a range' }],
    ['/timeout', { handler: './x.js#y', input: {}, timeout: 1 }],
    ['', null],
    ['', [1]],
  ])('rejects a request that is wrong at %j (%#)', async (pointer, request) => {
    const registry = { find: () => Promise.resolve(undefined) };

    await expect(execute(unchecked<ExecuteRequest>(request), context, registry)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer },
    });
  });

  it('rejects a registry that finds nothing, and says what one has', async () => {
    const registry = unchecked<PluginRegistry>({});

    await expect(execute({ handler: 'run', input: {}, plugin: 'acme' }, context, registry)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      hint: 'hand in an object with find(id, range), or leave it out',
    });
  });

  it('rejects a plugin that is named without a registry', async () => {
    await expect(execute({ handler: 'run', input: {}, plugin: 'acme' }, context)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the request names a plugin, and there is no registry to find it in',
    });
  });
});

describe('a request', () => {
  const plain = { handler: './x.js#y', input: {} };
  const { signal } = new AbortController();
  const hidden = { dryRun: true, signal, timeoutMs: 5, plugin: 'acme', traceparent: 'none' };

  it.each(Object.entries(hidden))(
    'has a %s that is not enumerable, inherited, told by a getter or a proxy',
    (name, value) => {
      const requests = [
        Object.defineProperty({ ...plain }, name, { value }),
        Object.defineProperty({ ...plain }, name, { get: () => value }),
        Object.defineProperty({ ...plain }, name, { get: () => value, enumerable: true }),
        Object.assign(Object.create({ [name]: value }), plain),
        new Proxy(Object.defineProperty({ ...plain }, name, { value }), {}),
      ];
      expect(requests.map((request) => Reflect.get(parseRequest(request), name))).toEqual(requests.map(() => value));
    },
  );

  it('is refused for what is not enumerable and wrong', () => {
    const request = Object.defineProperty({ ...plain }, 'timeoutMs', { value: 0 });
    expect(() => parseRequest(request)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
