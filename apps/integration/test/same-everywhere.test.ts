import { describe, expect, it } from 'vitest';
import type { ExecuteResult } from '@kb-labs/contracts';
import { openScene, places } from './scene.js';

// One list of expectations, held against every adapter: whoever moves a handler from one to another sees no difference.
describe.each(places)('$name', ({ create, works, notRun, name }) => {
  describe.skipIf(!works)(`a handler${notRun}`, () => {
    it('gets and gives every kind that the wire carries', async () => {
      await using scene = await openScene(create());
      const input = {
        at: new Date(5),
        list: [1n, undefined, new Map([[1, new Set(['x'])]])],
        bytes: new Uint8Array([9]),
      };
      const result = await scene.runtime.execute('./handlers.js#kinds', input, scene.grant());
      expect(dataOf(result)).toEqual({
        input,
        date: new Date(86_400_000),
        invalidDate: new Date(Number.NaN),
        map: new Map([['key', { deep: new Set([1, 'two']) }]]),
        bytes: new Uint8Array([0, 127, 255]),
        floats: new Float64Array([0.5, Number.NaN]),
        big: 12_345_678_901_234_567_890n,
        nothing: undefined,
        numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0],
        error: expect.objectContaining({
          name: 'TypeError',
          message: 'outer',
          cause: expect.objectContaining({ name: 'RangeError', message: 'inner' }),
        }),
        text: 'é\ud800 and plain',
        marked: { $: ['Date', 0] },
      });
    });

    it.each([
      ['function', 'a function at /at'],
      ['symbol', 'a symbol at /at'],
      ['instance', 'an instance of Thing at /at'],
      ['regexp', 'an instance of RegExp at /at'],
      ['url', 'an instance of URL at /at'],
      ['promise', 'an instance of Promise at /at/inner'],
      ['cycle', 'a cycle at /at/self'],
      ['hole', 'a hole in an array at /at/2'],
    ])('is told by name that a %s cannot be sent', async (kind, what) => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#refused', kind, scene.grant());
      expect(errorOf(result)).toMatchObject({
        code: 'ERR_OUTPUT_INVALID',
        stage: 'output',
        message: expect.stringContaining(what),
      });
    });

    it('fails with its own error inside ours, whatever code it claims', async () => {
      await using scene = await openScene(create());
      const error = errorOf(await scene.runtime.execute('./handlers.js#fails', {}, scene.grant()));
      expect(error).toMatchObject({
        code: 'ERR_HANDLER_FAILED',
        stage: 'handler',
        source: 'handler',
        retryable: false,
        http: 500,
        error: {
          name: 'TypeError',
          message: 'the reason',
          code: 'ERR_TIMEOUT',
          cause: { name: 'Error', message: 'the cause of it' },
        },
      });
      expect(error.error?.stack?.split('\n')[1]).toMatch(/^ {4}at fails \(\.\/handlers\.js:\d+:\d+\)$/u);
    });

    it('may throw what is no error', async () => {
      await using scene = await openScene(create());
      const error = errorOf(await scene.runtime.execute('./handlers.js#throwsText', {}, scene.grant()));
      expect(error.error).toEqual({
        name: 'NonError',
        message: 'only text',
        code: undefined,
        hint: undefined,
        stack: undefined,
        cause: undefined,
        errors: [],
        truncated: false,
      });
    });

    it('speaks in order, and its lines are told as they come', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#speaks', {}, scene.grant());
      const lines = result.logs.map(({ time: _time, ...line }) => line);
      expect(lines).toEqual([
        { level: 'debug', source: 'log', text: 'first', fields: { number: 1 } },
        { level: 'warn', source: 'log', text: 'second', fields: { nested: { list: [1, 2] } } },
        { level: 'info', source: 'log', text: 'a line\nwith \u001b[31mcontrol\u001b[0m characters', fields: {} },
      ]);
      const told = scene.events.filter(({ type }) => type === 'log' || type === 'progress').map(({ type }) => type);
      expect(told).toEqual(['log', 'progress', 'log', 'log']);
    });

    it('holds what its capabilities bring, and nothing else', async () => {
      await using scene = await openScene(create());
      const context = scene.grant({ capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['.'] } } });
      const result = await scene.runtime.execute('./handlers.js#reads', 'data/hello.txt', context);
      expect(dataOf(result)).toEqual({
        text: 'hello',
        names: ['data'],
        held: ['signal', 'log', 'progress', 'onCleanup', 'fs'],
        verbs: ['readFile', 'readDir', 'stat', 'glob'],
      });
      expect(result.metrics.hostCallsByName).toEqual({ 'fs.readFile': 1, 'fs.readDir': 1 });
      expect(result.metrics.bytesRead.used).toBe(5);
    });

    it.each(['../secret.txt', 'data/../../secret.txt', '/etc/passwd'])(
      'is denied %s, and the denial is on record',
      async (path) => {
        await using scene = await openScene(create());
        const context = scene.grant({ capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['.'] } } });
        const result = await scene.runtime.execute('./handlers.js#denied', path, context);
        expect(dataOf(result)).toEqual({
          name: 'PluginError',
          code: 'ERR_PERMISSION_DENIED',
          message: expect.stringContaining(path),
          isError: true,
        });
        const audits = scene.events.flatMap((event) => (event.type === 'audit' ? [event.audit] : []));
        expect(audits).toEqual([
          expect.objectContaining({
            kind: 'fs',
            operation: 'read',
            target: path,
            decision: expect.objectContaining({ allowed: false }),
          }),
        ]);
        expect(JSON.stringify(result)).not.toContain('the secret');
      },
    );

    it('that does not catch a denial fails with what to change, and the result holds the denial', async () => {
      await using scene = await openScene(create());
      const context = scene.grant({
        capabilities: ['fs.read'],
        permissions: { fs: { mode: 'read', allow: ['other'] } },
      });
      const result = await scene.runtime.execute('./handlers.js#reads', 'data/hello.txt', context);
      expect(errorOf(result)).toMatchObject({
        code: 'ERR_HANDLER_FAILED',
        hint: expect.stringMatching(/\S/u),
        error: { code: 'ERR_PERMISSION_DENIED', hint: expect.stringMatching(/\S/u) },
      });
      expect(result.denials).toEqual([
        expect.objectContaining({
          operation: 'read',
          target: 'data/hello.txt',
          decision: { allowed: false, reason: 'not-requested' },
          patches: [expect.objectContaining({ document: 'grant' })],
        }),
      ]);
    });

    it('that reaches for what it does not hold is told what it does hold', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#reads', 'data/hello.txt', scene.grant());
      expect(errorOf(result)).toMatchObject({
        code: 'ERR_HANDLER_FAILED',
        hint: expect.stringContaining('this run holds no host functions'),
      });
    });

    it('has its schemas run beside it, and gets the parsed value', async () => {
      await using scene = await openScene(create());
      const manifest = schemaManifest('double');
      const good = await scene.runtime.execute('double', { value: 1 }, scene.grant(), manifest);
      expect(dataOf(good)).toEqual({ value: 4, checked: true });
      const bad = await scene.runtime.execute('double', { value: 'x' }, scene.grant(), manifest);
      expect(errorOf(bad)).toMatchObject({
        code: 'ERR_INPUT_INVALID',
        stage: 'input',
        details: { issues: [{ pointer: '/value', message: 'value must be a number' }] },
      });
      const out = await scene.runtime.execute('double', { value: 1 }, scene.grant(), schemaManifest('broken'));
      expect(errorOf(out)).toMatchObject({ code: 'ERR_OUTPUT_INVALID', stage: 'output' });
    });

    it('ends with the code of whoever ended it', async () => {
      await using scene = await openScene(create());
      const late = await scene.runtime.execute(
        { handler: './handlers.js#waits', input: {}, timeoutMs: 200 },
        scene.grant(),
      );
      expect(errorOf(late)).toMatchObject({
        code: 'ERR_TIMEOUT',
        details: { limitMs: 200, elapsedMs: expect.any(Number) },
      });

      const controller = new AbortController();
      const observer = {
        observe: (event: { type: string }): void =>
          void (event.type === 'progress' && controller.abort(new Error('enough'))),
      };
      const request = { handler: './handlers.js#waits', input: {}, signal: controller.signal };
      const stopped = await scene.runtime.execute(request, scene.grant({ observers: [observer] }));
      expect(errorOf(stopped)).toMatchObject({
        code: 'ERR_ABORTED',
        http: 499,
        message: expect.stringContaining('enough'),
      });
    });

    it('is found by name or not at all', async () => {
      await using scene = await openScene(create());
      const none = await scene.runtime.execute('./handlers.js#nothing', {}, scene.grant());
      expect(errorOf(none).code).toBe('ERR_HANDLER_NOT_FOUND');
      const schema = await scene.runtime.execute('./handlers.js#Input', {}, scene.grant());
      expect(errorOf(schema).code).toBe('ERR_HANDLER_NOT_FOUND');
    });

    it('leaves a result that says where it ran', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#speaks', {}, scene.grant());
      expect(result.confinement?.adapter).toBe(name.startsWith('fork') ? 'fork' : name);
      expect(new Set(Object.keys(result.confinement?.firmness ?? {}))).toEqual(
        new Set(['crash', 'time', 'cpu', 'memory', 'env', 'fs', 'net', 'process']),
      );
    });
  });
});

function schemaManifest(handler: string): unknown {
  return {
    schema: 'kb.plugin/1',
    id: 'shapes',
    version: '1.0.0',
    engines: { runtime: '*' },
    handlers: {
      double: { handler: `./handlers.js#${handler}`, input: './handlers.js#Input', output: './handlers.js#Output' },
    },
  };
}

function dataOf(result: ExecuteResult): unknown {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.data;
}

function errorOf(result: ExecuteResult): Extract<ExecuteResult, { ok: false }>['error'] {
  if (result.ok) throw new Error('expected a failure');
  return result.error;
}
