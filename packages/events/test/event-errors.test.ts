import { expect, it } from 'vitest';
import { isPluginError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { createEventBus, createMemoryTransport } from '../src/index.js';
import { EVERYTHING, openBus } from './open-bus.js';

it('speaks in lower case and without a full stop, whatever is refused', async () => {
  await using test = openBus({ maxPayloadBytes: 10, maxSubscriptions: 2, rateBurst: 4, ratePerMinute: 1 });
  const port = test.open();
  const host = test.bus.openHostPort();
  const narrow = test.open({ rules: [{ produce: ['a'], consume: ['a'], scopes: ['execution'] }] });
  const busy = test.open({ pluginId: 'beta' });
  const asyncSchema = { '~standard': { version: 1, vendor: 'test', validate: async () => ({ value: 1 }) } } as const;
  const strictSchema = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  } as const;
  await using other = createEventBus({ schemas: { slow: asyncSchema, strict: strictSchema } });
  const checked = other.openPort({ pluginId: 'alpha', executionId: 'e1', traceId: 't1', rules: [EVERYTHING] });
  const ended = createMemoryTransport();
  await ended[Symbol.asyncDispose]();
  const deaf = createEventBus({ transport: ended }).openHostPort();
  port.stream('a', { overflow: 'reject', queueLimit: 1 });
  await port.publish('a', 1);
  await Promise.all([1, 2, 3, 4].map(() => busy.publish('a', 1)));

  const refused = [
    () => port.publish('A', 1),
    () => port.publish('a', new Date()),
    () => port.publish('a', 'x'.repeat(20)),
    () => port.publish('a', 1),
    () => port.publish('host.a', 1),
    () => narrow.publish('b', 1),
    () => narrow.publish('a', 1, { scope: 'host' }),
    () => narrow.stream('**'),
    () => busy.publish('a', 1),
    () => host.publish('a', 1),
    () => Reflect.apply(port.publish, port, ['a', 1, { sender: 'me' }]),
    () => Reflect.apply(port.publish, port, ['a', 1, { idempotencyKey: '' }]),
    () => port.stream('a..b'),
    () => port.stream('a', { overflow: 'reject', scope: 'host' }),
    () => Reflect.apply(port.subscribe, port, ['a', 'no function']),
    () => [port.stream('a'), port.stream('a')],
    () => port.waitFor('b', { timeoutMs: 1 }),
    () => port.waitFor('b', { signal: AbortSignal.abort() }),
    () => test.open({ pluginId: 'No Id' }),
    () => test.open({ executionId: '' }),
    () => test.open({ rules: [{ ...EVERYTHING, produce: ['host.a'] }] }),
    () => createEventBus({ drainMs: -1 }),
    () => Reflect.apply(createEventBus, undefined, [{ drain: 1 }]),
    () => Reflect.apply(createEventBus, undefined, [{ transport: {} }]),
    () => checked.publish('slow', 1),
    () => checked.publish('strict', 1),
    () => deaf.publish('a', 1, { scope: 'host' }),
    () => deaf.stream('a', { scope: 'host' }),
  ];
  const errors = await Promise.all(refused.map(thrownBy));
  const said = errors.flatMap(({ message, hint }) => (hint === undefined ? [message] : [message, hint]));
  expect(said.filter((text) => /^[A-Z]|[.!]$/.test(text))).toEqual([]);
  expect(errors.length).toBe(refused.length);
});

async function thrownBy(run: () => unknown): Promise<PluginError> {
  try {
    await run();
  } catch (error) {
    if (isPluginError(error)) return error;
    throw error;
  }
  return expect.fail(`nothing was refused by ${run.toString()}`);
}
