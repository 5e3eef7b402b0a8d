import { fileURLToPath } from 'node:url';
import type { ErrorEnvelope } from '@kb-labs/contracts';
import { createRuntime, inProcessSandbox } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, Runtime } from '@kb-labs/plugin-runtime';
import { assert, asyncProperty, boolean, constantFrom, dictionary, nat, tuple } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { armed, createTripwire, hostileTree } from './hostile-values.js';

const pluginRoot = fileURLToPath(new URL('plugins/thrower', import.meta.url));
const MOST = 1_048_576;
const FIELDS = ['name', 'message', 'code', 'hint', 'stack', 'cause', 'errors', 'then', 'toString', 'toJSON', 'issues', 'path', 'kind'] as const; // prettier-ignore

let runtime: Runtime;
beforeAll(() => {
  runtime = createRuntime({ sandbox: inProcessSandbox(), requiredConfinement: 'none' });
});
afterAll(async () => {
  Reflect.deleteProperty(globalThis, 'kbHostile');
  await runtime[Symbol.asyncDispose]();
});

/** Runs a handler that finds the value where this process keeps it. */
async function run(handler: string, make: () => unknown): Promise<ExecuteResult> {
  Object.defineProperty(globalThis, 'kbHostile', { value: make, configurable: true });
  const context = runtime.createContext({
    capabilities: ['events.publish', 'analytics.track'],
    permissions: { events: { produce: ['odd'] } },
    pluginRoot,
  });
  return await runtime.execute(`./handlers.js#${handler}`, {}, context);
}

/** An error, or something like one, whose members are anything: its kind, and what stands in which of them. */
type Recipe = readonly [kind: number, fields: Record<string, unknown>, isGetter: boolean];
const recipes: Arbitrary<Recipe> = tuple(
  nat(7),
  dictionary(constantFrom(...FIELDS), hostileTree(FIELDS), { maxKeys: 5, noNullPrototype: true }),
  boolean(),
);

function makeError([kind, fields, isGetter]: Recipe): unknown {
  const tripwire = createTripwire();
  const makers = [
    () => new Error('base'),
    () => new AggregateError([new Error('part')], 'base'),
    () => new DOMException('base', 'AbortError'),
    () => ({}),
    () => Object.create(Error.prototype) as object,
    () => Object.setPrototypeOf(new Error('base'), new Proxy(Error.prototype, { get: tripwire.run })) as object,
    () => new Proxy(new Error('base'), { getOwnPropertyDescriptor: tripwire.run, has: tripwire.run }),
  ];
  const error = makers[kind % makers.length]?.() ?? 'text';
  for (const [name, value] of Object.entries(fields)) {
    const member = armed(value, tripwire);
    const descriptor = isGetter ? { get: () => member } : { value: member, writable: true };
    Reflect.defineProperty(Object(error) as object, name, { ...descriptor, configurable: true, enumerable: true });
  }
  return error;
}

function expectBounded(error: ErrorEnvelope): void {
  expect(JSON.stringify(error).length).toBeLessThan(MOST);
  expect(error.message.length).toBeLessThanOrEqual(4_096);
  expect(error).toMatchObject({ retryable: false, source: 'handler' });
}

/** What came of a run. A copy of data can be made; of nothing else. */
function tellOf(result: ExecuteResult): { readonly code: string; readonly bytes: number } {
  if (!result.ok) return { code: result.error.code, bytes: JSON.stringify(result.error).length };
  structuredClone(result.data);
  return { code: 'ok', bytes: result.metrics.resultBytes.used ?? Number.NaN };
}

describe('hostile values of a handler', () => {
  it.each(['throwsIt', 'rejectsIt'])('are told of as its failure, within bounds, when thrown: %s', async (handler) => {
    await assert(
      asyncProperty(recipes, async (recipe) => {
        const result = await run(handler, () => makeError(recipe));
        if (result.ok) throw new Error('it ended well');
        expect(result.error.code).toBe('ERR_HANDLER_FAILED');
        expectBounded(result.error);
      }),
      budget(200),
    );
  });

  it('are refused or data when given back', async () => {
    await assert(
      asyncProperty(hostileTree(FIELDS), async (tree) => {
        const result = await run('givesIt', () => armed(tree, createTripwire()));
        const { code, bytes } = tellOf(result);
        expect(['ok', 'ERR_OUTPUT_INVALID', 'ERR_OUTPUT_EXCEEDED', 'ERR_HANDLER_FAILED']).toContain(code);
        expect(bytes).toBeLessThan(MOST * 16);
      }),
      budget(250),
    );
  });

  it('keep nothing from going on when they are said', async () => {
    await assert(
      asyncProperty(hostileTree(FIELDS), async (tree) => {
        const result = await run('saysIt', () => armed(tree, createTripwire()));
        if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
        expect(['ok', 'ERR_INVALID_ARGUMENT', 'ERR_EVENT_TOO_LARGE']).toContain((result.data as string[])[0]);
        expect(JSON.stringify(result.logs).length).toBeLessThan(MOST);
        expect(result.logs[0]?.text).toBe('fields');
      }),
      budget(200),
    );
  });
});
