import { describe, expect, it } from 'vitest';
import type { EventPortOptions, EventReport, EventRules } from '@kb-labs/contracts';
import { acquirePluginBus, createPluginBuses } from '../src/index.js';
import { collect, EVERYTHING, nextTurn, payloads, withCode } from './open-bus.js';

const run = (executionId: string, rules: readonly EventRules[] = [EVERYTHING]): Omit<EventPortOptions, 'pluginId'> => ({
  executionId,
  traceId: 't',
  rules,
});

describe('plugin buses', () => {
  it('are one for all who hold the same plugin', async () => {
    await using buses = createPluginBuses();
    await using one = buses.acquire('alpha');
    await using two = buses.acquire('alpha');
    const { events, all, listener } = collect(1);
    one.openPort(run('e1')).subscribe('a', listener, { scope: 'plugin' });
    await two.openPort(run('e2')).publish('a', 1, { scope: 'plugin' });
    await all;
    expect(payloads(events)).toEqual([1]);
  });

  it('give no holder what another was granted', async () => {
    await using buses = createPluginBuses();
    await using one = buses.acquire('alpha');
    await using two = buses.acquire('alpha');
    await one.openPort(run('e1')).publish('secret.topic', 1, { scope: 'plugin' });
    const weak = two.openPort(run('e2', [{ produce: ['b'], consume: [], scopes: ['plugin'] }]));
    await expect(weak.publish('secret.topic', 1, { scope: 'plugin' })).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
    expect(() => weak.subscribe('secret.topic', () => undefined, { scope: 'plugin' })).toThrow(
      withCode('ERR_EVENT_DENIED'),
    );
    await expect(two.openPort(run('e3', [])).publish('b', 1)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
    // Nor does the first get more, or less, by the second.
    await one.openPort(run('e1')).publish('secret.topic', 2, { scope: 'plugin' });
  });

  it('stamp the plugin that was acquired, whatever the options say', async () => {
    await using buses = createPluginBuses();
    await using bus = buses.acquire('alpha');
    const forged = Object.assign(run('e1'), { pluginId: 'beta' });
    const port = bus.openPort(forged);
    const waiting = port.waitFor('a');
    await port.publish('a', 1);
    expect((await waiting).sender).toEqual({ kind: 'plugin', pluginId: 'alpha', executionId: 'e1', traceId: 't' });
  });

  it('end with their last holder, and not before', async () => {
    const reports: EventReport[] = [];
    await using buses = createPluginBuses({
      rateBurst: 2,
      ratePerMinute: 1,
      report: (report) => void reports.push(report),
    });
    const [one, two] = [buses.acquire('alpha'), buses.acquire('alpha')];
    const [first, second] = [one.openPort(run('e1')), two.openPort(run('e2'))];
    const { events, listener } = collect(0);
    first.subscribe('a', listener, { scope: 'plugin' });
    await second.publish('a', 1, { scope: 'plugin' });
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    expect(payloads(events)).toEqual([1]);
    await expect(first.publish('a', 2)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    expect(() => one.openPort(run('e1'))).toThrow(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    await second.publish('a', 3);
    await expect(second.publish('a', 4)).rejects.toEqual(withCode('ERR_QUOTA_EXCEEDED'));
    await two[Symbol.asyncDispose]();
    // A bus of its own, with nothing of the one before.
    await using again = buses.acquire('alpha');
    await again.openPort(run('e1')).publish('a', 5);
  });

  it('hear each other in the scope host, and only there', async () => {
    await using buses = createPluginBuses();
    await using alpha = buses.acquire('alpha');
    await using beta = buses.acquire('@scope/beta');
    const { events, listener } = collect(0);
    const hearing = beta.openPort(run('e1'));
    for (const scope of ['execution', 'plugin', 'host'] as const) hearing.subscribe('**', listener, { scope });
    const speaking = alpha.openPort(run('e1'));
    for (const scope of ['execution', 'plugin', 'host'] as const) await speaking.publish('a', scope, { scope });
    await alpha.openHostPort('e1').publish('host.x', 'not for beta');
    await beta.openHostPort('e1').publish('host.x', 'for beta');
    await nextTurn();
    expect(payloads(events)).toEqual(['host', 'for beta']);
  });

  it('keep nothing of ports that have ended', async () => {
    await using buses = createPluginBuses();
    await using bus = buses.acquire('alpha');
    const ended = AbortSignal.abort();
    await expect(bus.openPort({ ...run('e1'), signal: ended }).publish('a', 1)).rejects.toEqual(
      withCode('ERR_EVENT_DENIED', { reason: 'closed' }),
    );
    expect(() => bus.openPort(run('not an id'))).toThrow(withCode('ERR_INVALID_ARGUMENT'));
    await bus.openPort(run('e1')).publish('a', 1);
  });

  it('end all with their registry', async () => {
    const buses = createPluginBuses();
    const port = buses.acquire('alpha').openPort(run('e1'));
    await buses[Symbol.asyncDispose]();
    await expect(port.publish('a', 1)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    expect(() => buses.acquire('alpha')).toThrow(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
  });

  it.each([[''], ['a:b'], ['../a'], ['A'], [7]])('are not made for %j', async (pluginId) => {
    await using buses = createPluginBuses();
    expect(() => Reflect.apply(buses.acquire, buses, [pluginId])).toThrow(withCode('ERR_INVALID_ARGUMENT'));
  });
});

describe('the buses of the process', () => {
  it('are one for each plugin', async () => {
    await using one = acquirePluginBus('alpha');
    await using two = acquirePluginBus('alpha');
    expect(one.pluginId).toBe('alpha');
    const waiting = one.openPort(run('e1')).waitFor('a', { scope: 'plugin' });
    await two.openPort(run('e2')).publish('a', 1, { scope: 'plugin' });
    expect(await waiting).toMatchObject({ payload: 1, sender: { executionId: 'e2' } });
  });
});
