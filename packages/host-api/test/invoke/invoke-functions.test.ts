import { createError } from '@kb-labs/contracts';
import type { InvokeCall, InvokePort, PermissionSpec } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const ALLOWED: PermissionSpec = { invoke: { allow: ['@acme/report', 'plain:render'] } };

interface InvokeHost extends OpenHost {
  readonly calls: InvokeCall[];
}

/** A host API over a port that answers with what it was asked. */
function openInvokeHost(spec: PermissionSpec = ALLOWED, invoke?: InvokePort['invoke']): InvokeHost {
  const calls: InvokeCall[] = [];
  const port: InvokePort = {
    invoke(call) {
      calls.push(call);
      return invoke === undefined ? Promise.resolve({ got: call.input }) : invoke(call);
    },
  };
  return { ...openHost(makeFolder(), spec, { functions: ['invoke.call'], invoke: port }), calls };
}

describe('invoke.call', () => {
  it('hands over a parsed target, the input, and the span of the call', async () => {
    const { api, calls } = openInvokeHost();
    const { signal } = new AbortController();
    const request = { target: '@acme/report@^1:render', input: { a: 1 }, timeoutMs: 50 };
    const answer = await api.call('invoke.call', [request], { signal, spanId: '00f067aa0ba902b7' });
    expect(answer).toEqual({ got: { a: 1 } });
    expect(calls).toEqual([
      {
        target: { pluginId: '@acme/report', range: '^1', handler: 'render' },
        input: { a: 1 },
        timeoutMs: 50,
        parentSpanId: '00f067aa0ba902b7',
        signal: expect.any(AbortSignal),
      },
    ]);
  });

  it('takes the highest version where no range is written', async () => {
    const { call, calls } = openInvokeHost();
    await call('invoke.call', { target: 'plain:render' });
    expect(calls[0]).toMatchObject({
      target: { pluginId: 'plain', range: '*', handler: 'render' },
      input: undefined,
      timeoutMs: undefined,
      parentSpanId: undefined,
    });
  });

  it('asks the policy before it charges, and the port last', async () => {
    const { api, audits, call, calls, meter } = openInvokeHost({ ...ALLOWED, quotas: { maxInvokes: 1 } });
    expect(await outcome(call('invoke.call', { target: '@acme/other:render' }))).toBe(
      'ERR_PERMISSION_DENIED not-requested',
    );
    expect(await outcome(call('invoke.call', { target: 'plain:delete' }))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(meter.used('maxInvokes')).toBe(0);
    expect(await outcome(call('invoke.call', { target: '@acme/report:render' }))).toMatch(/^resolved/);
    expect(await outcome(call('invoke.call', { target: '@acme/report:render' }))).toBe('ERR_QUOTA_EXCEEDED');
    expect(calls).toHaveLength(1);
    expect(api.denials).toBe(2);
    expect(audits.map(({ kind, operation, target, decision }) => [kind, operation, target, decision.allowed])).toEqual([
      ['invoke', 'invoke', '@acme/other:render', false],
      ['invoke', 'invoke', 'plain:delete', false],
      ['invoke', 'invoke', '@acme/report:render', true],
      ['invoke', 'invoke', '@acme/report:render', true],
    ]);
    expect(audits[0]?.patches.length).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', ''],
    ['no handler', '@acme/report@^1'],
    ['an empty handler', '@acme/report:'],
    ['an empty range', '@acme/report@:render'],
    ['no range', '@acme/report@one:render'],
    ['a range of 300 characters', `@acme/report@${' '.repeat(300)}1:render`],
    ['a range of many parts', `@acme/report@${'1||'.repeat(200)}1:render`],
    ['two handlers', '@acme/report:render:delete'],
    ['a way out of a folder', '../report:render'],
    ['a way out in the handler', '@acme/report:../render'],
    ['a prototype', '__proto__:constructor.name!'],
    ['a line break', '@acme/report:render\n'],
    ['100 000 characters', 'a'.repeat(100_000)],
  ])('takes no target of %s', async (_, target) => {
    const { call, calls } = openInvokeHost();
    expect(await outcome(call('invoke.call', { target }))).toBe('ERR_INVALID_ARGUMENT');
    expect(calls).toEqual([]);
  });

  it.each([[{}], [{ target: 'plain:render', signal: {} }], [{ target: 'plain:render', timeoutMs: 0 }], [undefined]])(
    'takes no request such as %j',
    async (request) => {
      const { call } = openInvokeHost();
      expect(await outcome(call('invoke.call', request))).toBe('ERR_INVALID_ARGUMENT');
    },
  );

  it('passes on the code with which the other run failed', async () => {
    const { call } = openInvokeHost(ALLOWED, () =>
      Promise.reject(createError('ERR_MEMORY_EXCEEDED', 'the other one', { details: { reason: 'heap' } })),
    );
    expect(await outcome(call('invoke.call', { target: 'plain:render' }))).toBe('ERR_MEMORY_EXCEEDED heap');
  });

  it('makes of a port that fails otherwise a failure of the host', async () => {
    const { call } = openInvokeHost(ALLOWED, () => {
      throw new TypeError('no registry');
    });
    expect(await outcome(call('invoke.call', { target: 'plain:render' }))).toBe('ERR_INTERNAL');
  });

  it('tells the port to stop, and waits until the other run has ended', async () => {
    const ends: (() => void)[] = [];
    const { api, calls } = openInvokeHost(
      ALLOWED,
      ({ signal }) => new Promise((_, reject) => ends.push(() => reject(signal.reason))),
    );
    const controller = new AbortController();
    const request = { target: 'plain:render' };
    const settled: string[] = [];
    const givenUp = outcome(api.call('invoke.call', [request], { signal: controller.signal })).then((each) =>
      settled.push(each),
    );
    const ended = outcome(api.call('invoke.call', [request], { signal: new AbortController().signal })).then((each) =>
      settled.push(each),
    );
    controller.abort();
    const disposed = api[Symbol.asyncDispose]().then(() => settled.push('disposed'));
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(settled).toEqual([]);
    for (const end of ends) end();
    await Promise.all([givenUp, ended, disposed]);
    expect(settled).toEqual(['ERR_ABORTED', 'ERR_PERMISSION_DENIED run-over', 'disposed']);
  });

  it('reaches the port with nothing but a target that was allowed', async () => {
    const { call, calls } = openInvokeHost();
    const parts = fc.constantFrom('@acme/report', 'plain', '@', '^1', ':', 'render', '*', ' ', '/', '..', '\0');
    const target = fc.array(parts, { maxLength: 8 }).map((texts) => texts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.oneof(target, fc.anything()), async (each) => {
        calls.length = 0;
        await outcome(call('invoke.call', { target: each }));
        const [reached] = calls;
        if (reached === undefined) return;
        const { pluginId, handler } = reached.target;
        expect([`@acme/report`, 'plain']).toContain(pluginId);
        expect(pluginId === 'plain' ? handler : 'render').toBe('render');
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
