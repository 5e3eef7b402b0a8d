import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { EventEnvelope, EventMessage, EventTransport } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryTransport } from '../src/index.js';
import { collect, nextTurn, openBus, payloads, withCode } from './open-bus.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

/** A transport that takes its time: each message is accepted and handed out when `release` is called. */
function slowTransport(): { readonly transport: EventTransport; readonly release: () => void } {
  const inner = createMemoryTransport();
  const held: (() => void)[] = [];
  return {
    release: () => {
      for (const accept of held.splice(0)) accept();
    },
    transport: {
      listen: (channel, deliver) => inner.listen(channel, deliver),
      send: (message, signal) =>
        new Promise((resolve) => {
          held.push(() => {
            void inner.send(message, signal);
            resolve();
          });
        }),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    },
  };
}

describe('disposing a bus', () => {
  it('delivers all that was accepted, also to listeners that take their time', async () => {
    const test = openBus();
    const [one, two] = [test.open(), test.open({ pluginId: 'beta' })];
    const slow = collect(0);
    two.subscribe(
      'a',
      async (event) => {
        await nextTurn();
        slow.listener(event);
      },
      { scope: 'host' },
    );
    await Promise.all([1, 2, 3, 4].map((number) => one.publish('a', number, { scope: 'host' })));
    await test[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
    expect(payloads(slow.events)).toEqual([1, 2, 3, 4]);
    expect(test.reports).toEqual([]);
  });

  it('ends at its deadline, whoever hangs, and counts what was not delivered', async () => {
    const test = openBus({ drainMs: 30 });
    const port = test.open();
    const subscription = port.subscribe('a', () => new Promise(() => undefined));
    for (const number of [1, 2, 3]) await port.publish('a', number);
    await nextTurn();
    const started = performance.now();
    await test[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(1000);
    expect([subscription.dropped, test.reports.map(({ kind }) => kind)]).toEqual([2, ['dropped', 'dropped']]);
  });

  it('waits for what the transport has not taken yet, and delivers it', async () => {
    const { transport, release } = slowTransport();
    const test = openBus({ transport });
    const { events, listener } = collect(0);
    const port = test.open();
    test.open({ executionId: 'e2' }).subscribe('a', listener, { scope: 'plugin' });
    const published = port.publish('a', 1, { scope: 'plugin' });
    const ended = test[Symbol.asyncDispose]();
    await nextTurn();
    release();
    await Promise.all([published, ended]);
    expect(payloads(events)).toEqual([1]);
  });

  it('of a hundred ports, waits and events with one signal warns of nothing', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const { transport, release } = slowTransport();
    const test = openBus({ transport });
    const { signal } = new AbortController();
    const published = Array.from({ length: 100 }, (_, at) => {
      const port = test.open({ executionId: `e${at}`, signal });
      void port.waitFor('a', { signal });
      port.subscribe('a', () => undefined, { signal });
      return port.publish('a', null);
    });
    const port = test.open();
    const more = Array.from({ length: 100 }, () => port.publish('a', null));
    release();
    await Promise.all([...published, ...more, test[Symbol.asyncDispose]()]);
    await nextTurn();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('ends, though the transport never takes anything', async () => {
    const { transport } = slowTransport();
    const test = openBus({ transport, drainMs: 20 });
    const published = test.open().publish('a', 1);
    await test[Symbol.asyncDispose]();
    await expect(published).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
  });

  it('leaves a transport that it was given to its owner', async () => {
    const transport = createMemoryTransport();
    await openBus({ transport })[Symbol.asyncDispose]();
    expect(() => transport.listen('one', () => undefined)).not.toThrow();
  });
});

describe('a port', () => {
  it('ends at once with its signal, and nothing that waits is delivered', async () => {
    await using test = openBus();
    const ending = new AbortController();
    const port = test.open({ signal: ending.signal });
    const { events, listener } = collect(0);
    const subscription = port.subscribe('a', listener);
    const published = port.publish('a', 1);
    ending.abort();
    await published;
    await nextTurn();
    expect([payloads(events), subscription.dropped]).toEqual([[], 1]);
    await expect(port.publish('a', 2)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    await expect(test.open({ signal: ending.signal }).publish('a', 2)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
  });

  it('that ends waits for what the transport has not taken yet, and hears it', async () => {
    const { transport, release } = slowTransport();
    await using test = openBus({ transport });
    const port = test.open();
    const { events, listener } = collect(0);
    port.subscribe('a', listener);
    const published = port.publish('a', 1);
    const ended = port[Symbol.asyncDispose]();
    await nextTurn();
    release();
    await Promise.all([published, ended]);
    expect(payloads(events)).toEqual([1]);
  });

  it('that ends hears what waited, and nothing that others publish meanwhile', async () => {
    await using test = openBus();
    const [ending, other] = [test.open(), test.open()];
    const heard: unknown[] = [];
    const hold = Promise.withResolvers<void>();
    ending.subscribe('a', ({ payload }) => {
      heard.push(payload);
      return hold.promise;
    });
    await other.publish('a', 1);
    await other.publish('a', 2);
    await nextTurn();
    const ended = ending[Symbol.asyncDispose]();
    await nextTurn();
    await other.publish('a', 3);
    hold.resolve();
    await ended;
    expect(heard).toEqual([1, 2]);
    expect(test.reports).toEqual([]);
  });

  it('that ends leaves the others as they are', async () => {
    await using test = openBus();
    const [one, two] = [test.open(), test.open()];
    const [ended, staying] = [collect(0), collect(1)];
    one.subscribe('a', ended.listener);
    two.subscribe('a', staying.listener);
    await one[Symbol.asyncDispose]();
    await two.publish('a', 1);
    await staying.all;
    expect(ended.events).toEqual([]);
  });

  it('of the host publishes its own topics, in the scopes that it has a place in', async () => {
    await using test = openBus();
    const { events, listener } = collect(0);
    const guest = test.open();
    for (const scope of ['execution', 'plugin', 'host'] as const) guest.subscribe('host.**', listener, { scope });
    const host = test.bus.openHostPort();
    await host.publish('host.started', 1, { scope: 'host' });
    await expect(host.publish('host.started', 1)).rejects.toEqual(withCode('ERR_INVALID_ARGUMENT'));
    const placed = test.bus.openHostPort({ pluginId: 'alpha', executionId: 'e1' });
    await placed.publish('host.started', 2);
    await test.bus.openHostPort({ pluginId: 'alpha' }).publish('host.started', 3, { scope: 'plugin' });
    await test.bus.openHostPort({ pluginId: 'beta', executionId: 'e1' }).publish('host.started', 4);
    await nextTurn();
    expect(events.map(({ sender, payload }) => [sender, payload])).toEqual(
      [1, 2, 3].map((at) => [{ kind: 'host' }, at]),
    );
  });

  it.each([
    ['pluginId', { pluginId: '' }],
    ['pluginId', { pluginId: 'a:b' }],
    ['pluginId', { pluginId: '../a' }],
    ['executionId', { executionId: 'a b' }],
    ['traceId', { traceId: '' }],
    ['role', { role: 'host' }],
    ['signal', { signal: {} }],
  ])('is refused for a malformed %s', async (_, options) => {
    await using test = openBus();
    expect(() => Reflect.apply(test.open, undefined, [options])).toThrow(withCode('ERR_INVALID_ARGUMENT'));
  });
});

describe('a transport', () => {
  it('joins buses: what one publishes in the scope host, all hear, and nobody twice', async () => {
    const transport = createMemoryTransport();
    await using one = openBus({ transport });
    await using two = openBus({ transport });
    const heard = [collect(1), collect(1)] as const;
    one.open().subscribe('a', heard[0].listener, { scope: 'host' });
    two.open({ pluginId: 'beta' }).subscribe('a', heard[1].listener, { scope: 'host' });
    const receipt = await one.open().publish('a', { list: [1] }, { scope: 'host' });
    await Promise.all(heard.map(({ all }) => all));
    expect(heard[0].events).toEqual(heard[1].events);
    expect(heard[0].events.map(({ id }) => id)).toEqual([receipt.id]);
    expect(Object.isFrozen(heard[1].events[0]?.payload)).toBe(true);
  });

  it('that fails fails the event, and its key is free again', async () => {
    let fails = true;
    const inner = createMemoryTransport();
    const broken = new Error('no connection');
    const transport: EventTransport = {
      listen: (channel, deliver) => inner.listen(channel, deliver),
      send: async (message, signal) => {
        if (fails) throw broken;
        await inner.send(message, signal);
      },
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
    await using test = openBus({ transport });
    const port = test.open();
    await expect(port.publish('a', 1, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'ERR_IO_FAILED',
      cause: broken,
    });
    fails = false;
    expect((await port.publish('a', 1, { idempotencyKey: 'k' })).duplicate).toBe(false);
  });

  const plugin = { kind: 'plugin', pluginId: 'beta', executionId: 'e9', traceId: 't9' };
  const envelope = { id: ID, topic: 'a', scope: 'host', time: 1, sender: plugin, payload: null };
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no envelope', { channel: 'host' }],
    ['another channel', { channel: 'plugin:alpha', envelope }],
    ['a scope of another channel', { channel: 'host', envelope: { ...envelope, scope: 'plugin' } }],
    [
      'a scope of another channel, from the host',
      { channel: 'host', envelope: { ...envelope, scope: 'plugin', sender: { kind: 'host' } } },
    ],
    ['an id that is none', { channel: 'host', envelope: { ...envelope, id: 'x' } }],
    ['a topic of the host from a plugin', { channel: 'host', envelope: { ...envelope, topic: 'host.started' } }],
    ['a topic that is none', { channel: 'host', envelope: { ...envelope, topic: '**' } }],
    ['no time', { channel: 'host', envelope: { ...envelope, time: 'now' } }],
    ['a sender of no kind', { channel: 'host', envelope: { ...envelope, sender: { ...plugin, kind: 'root' } } }],
    ['a malformed sender', { channel: 'host', envelope: { ...envelope, sender: { ...plugin, pluginId: 'a:b' } } }],
    ['a function', { channel: 'host', envelope: { ...envelope, payload: () => 1 } }],
    ['too much', { channel: 'host', envelope: { ...envelope, payload: 'x'.repeat(70_000) } }],
    [
      'a getter that throws',
      {
        channel: 'host',
        get envelope(): EventEnvelope {
          throw new Error('was read');
        },
      },
    ],
  ])('that hands in %s is reported, and nobody hears of it', async (_, message) => {
    let forge: ((message: EventMessage) => void) | undefined;
    const transport: EventTransport = {
      listen: (_channel, deliver) => {
        forge = deliver;
        return { [Symbol.dispose]: () => undefined };
      },
      send: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
    await using test = openBus({ transport });
    const { events, listener } = collect(0);
    test.open().subscribe('**', listener, { scope: 'host' });
    Reflect.apply(forge ?? expect.fail, undefined, [message]);
    await nextTurn();
    expect(events).toEqual([]);
    expect(test.reports).toMatchObject([{ kind: 'transport-failed', channel: 'host' }]);
    Reflect.apply(forge ?? expect.fail, undefined, [{ channel: 'host', envelope }]);
    await nextTurn();
    expect(events).toEqual([envelope]);
  });

  it('is listened to only while somebody subscribes', async () => {
    const listening = new Set<string>();
    const transport: EventTransport = {
      listen: (channel) => {
        listening.add(channel);
        return { [Symbol.dispose]: () => void listening.delete(channel) };
      },
      send: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
    await using test = openBus({ transport });
    const port = test.open();
    await port.publish('a', null);
    expect([...listening]).toEqual([]);
    const [first, second] = [port.subscribe('a', () => undefined), port.subscribe('*', () => undefined)];
    expect([...listening]).toEqual(['execution:alpha:e1']);
    first[Symbol.dispose]();
    expect(listening.size).toBe(1);
    second[Symbol.dispose]();
    expect(listening.size).toBe(0);
  });
});

describe('the bus', () => {
  it('takes reports that throw for unheard', async () => {
    await using test = openBus({
      report: () => {
        throw new Error('broken');
      },
    });
    await expect(test.open({ rules: [] }).publish('a', null)).rejects.toEqual(withCode('ERR_EVENT_DENIED'));
  });

  it('keeps no process alive, whatever is open on it, but for somebody who waits', async () => {
    const code = `
      import { createEventBus, acquirePluginBus } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const rules = [{ produce: ['**'], consume: ['**'], scopes: ['execution'] }];
      const ids = { executionId: 'e', traceId: 't', rules };
      for (const port of [createEventBus().openPort({ pluginId: 'a', ...ids }), acquirePluginBus('a').openPort(ids)]) {
        port.subscribe('a', () => new Promise(() => {}));
        port.stream('a').next();
        await port.publish('a', 1);
        port.waitFor('b', { timeoutMs: 10 }).catch(({ code }) => (process.exitCode = code === 'ERR_EVENT_TIMEOUT' ? 7 : 1));
      }
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});
