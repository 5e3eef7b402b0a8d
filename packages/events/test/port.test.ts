import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { EventRules } from '@kb-labs/contracts';
import { collect, EVERYTHING, HeldClock, nextTurn, openBus, payloads, withCode } from './open-bus.js';

const rules: readonly EventRules[] = [
  { produce: ['report.*'], consume: ['report.*'], scopes: ['execution', 'plugin'] },
];

describe('publishing', () => {
  it('reaches who subscribed, in an envelope stamped by the host', async () => {
    const clock = new HeldClock();
    await using test = openBus({ clock });
    const port = test.open({ rules });
    const { events, all, listener } = collect(1);
    port.subscribe('report.*', listener);
    const receipt = await port.publish('report.done', { pages: 3 });
    await all;
    expect(events).toEqual([
      {
        id: receipt.id,
        topic: 'report.done',
        scope: 'execution',
        time: clock.now(),
        sender: { kind: 'plugin', pluginId: 'alpha', executionId: 'e1', traceId: 't1' },
        payload: { pages: 3 },
      },
    ]);
    expect(validate(receipt.id) && version(receipt.id) === 7).toBe(true);
    expect([events[0], events[0]?.sender, events[0]?.payload].every((part) => Object.isFrozen(part))).toBe(true);
  });

  it.each([
    ['id', { id: 'mine' }],
    ['sender', { sender: { kind: 'host' } }],
    ['pluginId', { pluginId: 'beta' }],
    ['time', { time: 0 }],
    ['topic', { topic: 'host.started' }],
  ])('M01: lets nobody forge the %s', async (_, forged) => {
    await using test = openBus();
    const port = test.open();
    const { events, all, listener } = collect(1);
    port.subscribe('**', listener);
    await expect(Reflect.apply(port.publish, port, ['a', null, forged])).rejects.toEqual(
      withCode('ERR_INVALID_ARGUMENT'),
    );
    await port.publish('a', forged);
    await all;
    expect(events[0]).toMatchObject({ topic: 'a', sender: { kind: 'plugin', pluginId: 'alpha' }, payload: forged });
  });

  it.each([['other.done'], ['report'], ['report.a.b'], ['host.done'], ['runtime.x']])(
    'M01: is denied on %s, which is not listed',
    async (topic) => {
      await using test = openBus();
      await expect(test.open({ rules }).publish(topic, null)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { topic }));
      const sender = { kind: 'plugin', pluginId: 'alpha', executionId: 'e1', traceId: 't1' };
      expect(test.reports).toEqual([{ kind: 'refused', sender, topic, code: 'ERR_EVENT_DENIED' }]);
    },
  );

  it.each([['__proto__'], ['constructor'], ['*'], ['**'], ['report.*'], [''], ['report.done\n'], ['a'.repeat(10_000)]])(
    'M02: is refused on %j, which is no topic',
    async (topic) => {
      await using test = openBus();
      await expect(test.open().publish(topic, null)).rejects.toEqual(withCode('ERR_INVALID_ARGUMENT'));
    },
  );

  it('is refused for a payload larger than the limit', async () => {
    await using test = openBus({ maxPayloadBytes: 10 });
    const port = test.open();
    await port.publish('a', '12345678');
    await expect(port.publish('a', '123456789')).rejects.toEqual(withCode('ERR_EVENT_TOO_LARGE', { limit: 10 }));
  });

  it('gives listeners nothing through which they could reach each other', async () => {
    await using test = openBus();
    const port = test.open();
    const { all, listener } = collect(1);
    port.subscribe('a', (event) => {
      Reflect.set(Object(event.payload), 'list', 'changed');
      Reflect.get(Object(event.payload), 'list').push(4);
    });
    const seen = collect(1);
    port.subscribe('a', seen.listener);
    port.subscribe('a', listener);
    const payload = { list: [1, 2, 3] };
    const published = port.publish('a', payload);
    payload.list.push(5);
    await Promise.all([published, all, seen.all]);
    expect(payloads(seen.events)).toEqual([{ list: [1, 2, 3] }]);
    expect(test.reports).toMatchObject([{ kind: 'listener-failed' }]);
  });

  it('never takes equal payloads for one event', async () => {
    await using test = openBus();
    const port = test.open();
    const { events, all, listener } = collect(3);
    port.subscribe('a', listener);
    const receipts = await Promise.all([1, 2, 3].map(() => port.publish('a', { same: true })));
    await all;
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
    expect(events.map(({ id }) => id)).toEqual(receipts.map(({ id }) => id));
  });

  it('gives each of 20 000 events an id of its own, on two buses at once', async () => {
    await using one = openBus({ rateBurst: 1_000_000 });
    await using two = openBus({ rateBurst: 1_000_000 });
    const ids = new Set<string>();
    const [first, second] = [one.open(), two.open()];
    for (let count = 0; count < 10_000; count += 1) {
      ids.add((await first.publish('a', null)).id);
      ids.add((await second.publish('a', null)).id);
    }
    expect(ids.size).toBe(20_000);
  });

  it('M04: stops a flood, exactly where the limit is, and for nobody else', async () => {
    const clock = new HeldClock();
    await using test = openBus({ clock, ratePerMinute: 60, rateBurst: 100 });
    const results = await Promise.allSettled(Array.from({ length: 10_000 }, () => test.open().publish('a', null)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(100);
    expect(test.reports.length).toBe(9_900);
    await test.open({ pluginId: 'beta' }).publish('a', null);
    await expect(test.open({ executionId: 'e2' }).publish('a', null)).rejects.toEqual(
      withCode('ERR_QUOTA_EXCEEDED', { quota: 'eventsPerMinute', limit: 60, retryAfterMs: 1000 }),
    );
    clock.move(1000);
    await test.open().publish('a', null);
  });

  it('sends a key once, until its time is up, and only where it was asked to', async () => {
    const clock = new HeldClock();
    await using test = openBus({ clock, idempotencyTtlMs: 1000 });
    const port = test.open();
    const { events, listener } = collect(0);
    port.subscribe('**', listener, { scope: 'plugin' });
    const options = { scope: 'plugin', idempotencyKey: 'k' } as const;
    const first = await port.publish('a', 1, options);
    expect(await port.publish('a', 1, options)).toEqual({ id: first.id, duplicate: true });
    expect((await port.publish('a', 1, { scope: 'plugin' })).duplicate).toBe(false);
    expect((await port.publish('b', 1, options)).duplicate).toBe(false);
    // A second run of the plugin, after the first has gone, is told as well; another plugin is not.
    await port[Symbol.asyncDispose]();
    expect((await test.open({ executionId: 'e2' }).publish('a', 1, options)).duplicate).toBe(true);
    expect((await test.open({ pluginId: 'beta' }).publish('a', 1, options)).duplicate).toBe(false);
    clock.move(1002);
    expect((await test.open({ executionId: 'e3' }).publish('a', 1, options)).duplicate).toBe(false);
    expect(events.map(({ topic }) => topic)).toEqual(['a', 'a', 'b']);
  });

  it('M11: after the end is refused and reported, and ends no process that does not look', async () => {
    const test = openBus();
    const port = test.open();
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    await test[Symbol.asyncDispose]();
    void port.publish('a', null);
    await expect(port.publish('a', null)).rejects.toEqual(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    expect(() => port.subscribe('a', () => undefined)).toThrow(withCode('ERR_EVENT_DENIED'));
    expect(() => test.open()).toThrow(withCode('ERR_EVENT_DENIED', { reason: 'closed' }));
    void port.waitFor('a');
    await nextTurn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(test.reports.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
  });
});

describe('subscribing', () => {
  it.each([['**'], ['*'], ['other.*'], ['report.**'], ['host.**']])(
    'is denied to %s, wider than the rules',
    async (pattern) => {
      await using test = openBus();
      const port = test.open({ rules });
      const denied = withCode('ERR_EVENT_DENIED', { action: 'subscribe', topic: pattern });
      expect(() => port.subscribe(pattern, () => undefined)).toThrow(denied);
      expect(() => port.stream(pattern)).toThrow(denied);
      await expect(port.waitFor(pattern)).rejects.toEqual(denied);
    },
  );

  it('keeps the scopes apart', async () => {
    await using test = openBus();
    const heard: string[] = [];
    const ports = {
      'alpha e1': test.open(),
      'alpha e2': test.open({ executionId: 'e2' }),
      'beta e1': test.open({ pluginId: 'beta' }),
    };
    for (const [name, port] of Object.entries(ports)) {
      for (const scope of ['execution', 'plugin', 'host'] as const) {
        port.subscribe('a', ({ payload }) => void heard.push(`${name} ${scope}: ${String(payload)}`), { scope });
      }
    }
    await ports['alpha e1'].publish('a', 'one');
    await ports['alpha e1'].publish('a', 'two', { scope: 'plugin' });
    await ports['alpha e1'].publish('a', 'three', { scope: 'host' });
    await nextTurn();
    expect(heard.toSorted()).toEqual([
      'alpha e1 execution: one',
      'alpha e1 host: three',
      'alpha e1 plugin: two',
      'alpha e2 host: three',
      'alpha e2 plugin: two',
      'beta e1 host: three',
    ]);
  });

  it('M07: during a delivery counts for the next event; ending one skips no other', async () => {
    await using test = openBus();
    const port = test.open();
    const heard: string[] = [];
    const first = port.subscribe('a', ({ payload }) => {
      heard.push(`first ${String(payload)}`);
      if (payload !== 1) return;
      port.subscribe('a', (event) => void heard.push(`late ${String(event.payload)}`));
      first[Symbol.dispose]();
      first[Symbol.dispose]();
    });
    port.subscribe('*', ({ payload }) => void heard.push(`second ${String(payload)}`));
    await port.publish('a', 1);
    await nextTurn();
    await port.publish('a', 2);
    await nextTurn();
    expect(heard).toEqual(['first 1', 'second 1', 'late 2', 'second 2']);
  });

  it('M08: ends at a limit for each plugin, and gives back what has ended', async () => {
    await using test = openBus({ maxSubscriptions: 3 });
    const [one, two] = [test.open(), test.open({ executionId: 'e2' })];
    const subscription = one.subscribe('a', () => undefined);
    one.stream('a');
    void two.waitFor('a');
    const full = withCode('ERR_QUOTA_EXCEEDED', { quota: 'maxSubscriptions', limit: 3 });
    expect(() => two.subscribe('a', () => undefined)).toThrow(full);
    test.open({ pluginId: 'beta' }).subscribe('a', () => undefined);
    subscription[Symbol.dispose]();
    subscription[Symbol.dispose]();
    two.subscribe('a', () => undefined);
    expect(() => one.subscribe('a', () => undefined)).toThrow(full);
    await two[Symbol.asyncDispose]();
    one.subscribe('a', () => undefined);
    one.subscribe('a', () => undefined);
    expect(() => one.subscribe('a', () => undefined)).toThrow(full);
  });

  it('M08: is counted for as long as any port of the plugin is open', async () => {
    const clock = new HeldClock();
    await using test = openBus({ clock, maxSubscriptions: 1 });
    test.open().subscribe('a', () => undefined);
    await test.open()[Symbol.asyncDispose]();
    clock.move(86_400_000);
    expect(() => test.open().subscribe('a', () => undefined)).toThrow(withCode('ERR_QUOTA_EXCEEDED'));
  });

  it('ends with its signal', async () => {
    await using test = openBus();
    const port = test.open();
    const ending = new AbortController();
    const { events, listener } = collect(0);
    port.subscribe('a', listener, { signal: ending.signal });
    port.subscribe('a', listener, { signal: AbortSignal.abort() });
    await port.publish('a', 1);
    await nextTurn();
    ending.abort();
    await port.publish('a', 2);
    await nextTurn();
    expect(payloads(events)).toEqual([1]);
  });

  it('may refuse publishers of its own plugin, and nobody is told then; never those of the host', async () => {
    await using test = openBus();
    const port = test.open({ rules: [EVERYTHING] });
    const other = collect(1);
    const full = port.stream('a', { overflow: 'reject', queueLimit: 1 });
    port.subscribe('*', other.listener);
    await port.publish('a', 1);
    await expect(port.publish('a', 2)).rejects.toEqual(withCode('ERR_EVENT_OVERFLOW', { topic: 'a', queueLimit: 1 }));
    await port.publish('b', 3);
    await full.next();
    await port.publish('a', 4);
    await nextTurn();
    expect(payloads(other.events)).toEqual([1, 3, 4]);
    expect(full.dropped).toBe(0);
    expect(() => port.stream('a', { overflow: 'reject', scope: 'host' })).toThrow(
      withCode('ERR_EVENT_DENIED', { reason: 'may-not-reject' }),
    );
    test.bus.openHostPort().stream('a', { overflow: 'reject', scope: 'host' });
  });

  it.each([
    [{ queueLimit: 0 }],
    [{ queueLimit: 1025 }],
    [{ queueLimit: 1.5 }],
    [{ overflow: 'grow' }],
    [{ scope: 'world' }],
    [{ signal: {} }],
    [{ limit: 1 }],
    [null],
  ])('refuses the options %j', async (options) => {
    await using test = openBus();
    const port = test.open();
    expect(() => Reflect.apply(port.subscribe, port, ['a', () => undefined, options])).toThrow(
      withCode('ERR_INVALID_ARGUMENT'),
    );
  });
});
